import { render } from "preact";
import { createAccount } from "./account.ts";
import { App } from "./app.tsx";
import { createRouter, RouterContext } from "./router.tsx";

const root = document.getElementById("app");
if (!root) throw new Error("index.html has no element #app to draw into.");

const account = createAccount();
render(
  <RouterContext.Provider value={createRouter(window)}>
    <App account={account} />
  </RouterContext.Provider>,
  root,
);
void account.refresh();
