/** A module of an application that Vite evaluates again whenever it changes. */
/// <reference types="vite/client" />
// #region hot
import { createClients } from "@signalbox/client";

export const clients = createClients({ token: () => sessionStorage.getItem("token") });

import.meta.hot?.dispose(() => clients.close());
// #endregion
import.meta.hot?.accept();
clients.user();
