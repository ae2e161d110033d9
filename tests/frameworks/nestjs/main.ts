/** NestJS 11 on Express, compiled to CommonJS as the Nest command sets it up. */
import "reflect-metadata";
import {
  type ArgumentsHost,
  Body,
  Catch,
  Controller,
  type ExceptionFilter,
  Get,
  HttpCode,
  Injectable,
  Module,
  Post,
  Req,
} from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { createRealtime, httpStatusOf, loadConfig, type Realtime, Refusal } from "@signalbox/server";
import { expressSessions } from "@signalbox/server/express-session";
import type { Request, Response } from "express";

import session = require("express-session");

declare module "express-session" {
  interface SessionData {
    user?: string;
  }
}

/** Providers are made before the server: the field is set in `main`. */
@Injectable()
class RealtimeHolder {
  realtime!: Realtime;
}

@Controller()
class AppController {
  constructor(private readonly holder: RealtimeHolder) {}

  @Get()
  home(): string {
    return "NestJS";
  }

  @Post("sign-in")
  signIn(@Req() req: Request, @Body() { username }: { username: string }): object {
    req.session.user = username;
    return {};
  }

  @Post("sign-out")
  signOut(@Req() req: Request): Promise<object> {
    return new Promise((resolve, reject) => {
      req.session.destroy((error) => (error ? reject(error) : resolve({})));
    });
  }

  @Post("tasks")
  @HttpCode(202)
  async start(@Req() req: Request): Promise<object> {
    const { realtime } = this.holder;
    const { userId } = await realtime.authorize(req);
    const { task_id } = await realtime.progress.create({ kind: "import", title: "Customers", owner_id: userId });
    await realtime.progress.complete(task_id, { rows: 2 });
    return { task_id };
  }
}

@Catch(Refusal)
class RefusalFilter implements ExceptionFilter {
  catch(refusal: Refusal, host: ArgumentsHost): void {
    const res = host.switchToHttp().getResponse<Response>();
    res.status(httpStatusOf(refusal.code)).json({ error: refusal.toMessage(false) });
  }
}

@Module({ controllers: [AppController], providers: [RealtimeHolder] })
class AppModule {}

async function main(): Promise<void> {
  const { config } = loadConfig();
  const app = await NestFactory.create(AppModule, { logger: ["error"] });
  const store = new session.MemoryStore();
  const secret = "a secret of the example";
  app.use(session({ store, secret, resave: false, saveUninitialized: false }));
  app.useGlobalFilters(new RefusalFilter());
  const realtime = createRealtime({
    httpServer: app.getHttpServer(),
    config,
    sessions: expressSessions({
      store,
      secret,
      userOf: ({ user }) => (user === undefined ? undefined : { userId: user, username: user, role: "user" }),
    }),
  });
  app.get(RealtimeHolder).realtime = realtime;
  await app.listen(config.port, config.host);
  process.once("SIGTERM", async () => {
    await realtime.close();
    app.getHttpServer().closeAllConnections();
    await app.close();
  });
}

void main();
