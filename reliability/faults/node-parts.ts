/** What a server needs that is one of several nodes. */
import type { Config } from "@signalbox/server";
import { openPostgres } from "@signalbox/server/postgres";
import { connectRedis } from "@signalbox/server/redis";
import type { SignalboxTables } from "@signalbox/server/sql";

const silent = { debug() {}, info() {}, warn() {}, error() {} };

export const openDatabase = (url: string) => openPostgres<SignalboxTables>(url, { log: silent });
export const connect = (config: Config) => connectRedis(config, { logger: silent });
