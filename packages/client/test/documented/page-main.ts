/** The pages' scripts together, as one page; the test calls them by name. */
import * as client from "./client.ts";
import * as dashboard from "./dashboard.ts";
import * as notifications from "./notifications.ts";
import * as readme from "./readme.ts";
import { shown } from "./shown.ts";
import "./status-line.ts";

const documented = { shown, client, dashboard, notifications, readme };

declare global {
  interface Window {
    readonly documented: typeof documented;
  }
}

Object.assign(window, { documented });
