import { render } from "preact";
import { createAccount } from "./account.ts";
import { App } from "./app.tsx";
import { onNotificationClick } from "./notifications/background-notices.ts";
import { createRouter, RouterContext } from "./router.tsx";

const root = document.getElementById("app");
if (!root) throw new Error("index.html has no element #app to draw into.");

const account = createAccount();
const router = createRouter(window);
onNotificationClick(router.go);
render(
  <RouterContext.Provider value={router}>
    <App account={account} />
  </RouterContext.Provider>,
  root,
);
void account.refresh();
