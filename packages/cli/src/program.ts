import { type SecurityEventType, type Severity, securityEventTypes, severities } from "@signalbox/protocol";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { checkConfig, migrateConfig, printConfig, printDocs, printExample } from "./config/commands.ts";
import { type CredentialOptions, clientOptions, credentialsOf, parseAddress } from "./credentials.ts";
import { examine } from "./doctor/doctor.ts";
import { exitCodes, UsageError } from "./exit-codes.ts";
import { explainOrigin } from "./explain-origin.ts";
import { type Environment, readEnvironment, readText } from "./read-environment.ts";
import { tailSecurity } from "./tail.ts";
import { createTerminal, type Output } from "./terminal.ts";
import { version } from "./version.ts";
import { watchTask } from "./watch.ts";

/** External dependencies of a run of the command. */
export interface Surroundings {
  readonly out: Output;
  readonly err: Output;
  readonly environment: Environment;
  /** Stops commands that run until interrupted: Ctrl-C. */
  readonly signal: AbortSignal;
}

interface FileOption {
  env?: string;
  json?: true;
}

/**
 * Runs the command.
 * @param args - without the names of Node.js and of the program
 * @returns the exit code
 */
export async function run(args: readonly string[], { out, err, environment, signal }: Surroundings): Promise<number> {
  const terminal = createTerminal(out, err);
  let code: number = exitCodes.ok;
  const settingsOf = ({ env }: FileOption): Environment => readEnvironment(env, environment);

  // The usage lines can be copied: npx without the scope would install another package.
  const program = new Command("npx @signalbox/cli")
    .description("Looks at a Signalbox server from outside, and at its settings.")
    .version(version)
    .exitOverride()
    .configureOutput({ writeOut: (text) => void out.write(text), writeErr: (text) => void err.write(text) })
    .addHelpText("after", "\nExit codes: 0 ok, 1 check failed, 2 usage error.");

  const config = program.command("config").description("settings of the environment, or of a file");
  config
    .command("check")
    .description("everything that is wrong or misspelt, at once")
    .addOption(fileOption())
    .addOption(jsonOption())
    .action((options: FileOption) => {
      code = checkConfig(terminal, settingsOf(options), options.json === true);
    });
  config
    .command("print")
    .description("each setting with its value, where that comes from, and its default; secrets are hidden")
    .addOption(fileOption())
    .addOption(jsonOption())
    .action((options: FileOption) => {
      code = printConfig(terminal, settingsOf(options), options.json === true);
    });
  config
    .command("docs")
    .description("the reference of all settings, as Markdown")
    .action(() => {
      code = printDocs(terminal);
    });
  config
    .command("example")
    .description("a file of settings to begin with, every line a comment")
    .action(() => {
      code = printExample(terminal);
    });
  config
    .command("migrate")
    .description("turns the environment of a Flask-SocketIO application into ours; what changed goes to standard error")
    .argument("<file>", "its .env")
    .addOption(
      new Option("--from <framework>", "what it was written for").choices(["flask-socketio"]).makeOptionMandatory(),
    )
    .addOption(jsonOption())
    .action((file: string, options: { json?: true }) => {
      code = migrateConfig(terminal, readText(file), options.json === true);
    });

  program
    .command("explain-origin")
    .description("whether pages of an origin may connect, and the rule that decides")
    .argument("<origin>", "as browsers send it, such as https://app.example.com")
    .addOption(fileOption())
    .addOption(jsonOption())
    .action((origin: string, options: FileOption) => {
      code = explainOrigin(terminal, origin, settingsOf(options), options.json === true);
    });

  connecting(program.command("doctor"))
    .description("walks the way of a connection to a server, and says of each step how it went and what to change")
    .option("--ca <file>", "certificates of an authority of your own, in PEM")
    .addOption(jsonOption())
    .action(async (address: string, options: CredentialOptions & { ca?: string; json?: true }) => {
      const url = parseAddress(address);
      code = await examine(terminal, {
        ...{ url, origin: options.origin ?? url.origin, credentials: credentialsOf(options, environment) },
        ...{ ca: options.ca === undefined ? undefined : readText(options.ca), asJson: options.json === true },
      });
    });

  connecting(program.command("watch"))
    .description("shows the progress of a task until its end")
    .argument("<task_id>")
    .addOption(jsonOption())
    .action(async (address: string, taskId: string, options: CredentialOptions & { json?: true }) => {
      const how = clientOptions(parseAddress(address), options, environment);
      code = await watchTask(terminal, taskId, how, options.json === true, signal);
    });

  connecting(program.command("tail"))
    .description("shows the security log, for administrators: the latest lines, and each as it comes")
    .option("--lines <number>", "how many lines are shown first", wholeNumber, 10)
    .addOption(new Option("--type <type>", "only lines of this type").choices(securityEventTypes))
    .addOption(new Option("--severity <severity>", "only lines of this severity").choices(severities))
    .option("--user <id>", "only lines about this user")
    .option("--ip <address>", "only lines about this address")
    .addOption(jsonOption())
    .action(async (address: string, options: TailFlags) => {
      const { lines, type, severity, user, ip, json } = options;
      const filter = {
        ...(type !== undefined && { type }),
        ...(severity !== undefined && { severity }),
        ...(user !== undefined && { user_id: user }),
        ...(ip !== undefined && { ip }),
      };
      const how = clientOptions(parseAddress(address), options, environment);
      code = await tailSecurity(terminal, { lines, filter, asJson: json === true }, how, signal);
    });

  try {
    await program.parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    if (!(error instanceof UsageError)) throw error;
    terminal.say(error.message);
    return exitCodes.usage;
  }
}

interface TailFlags extends CredentialOptions {
  lines: number;
  type?: SecurityEventType;
  severity?: Severity;
  user?: string;
  ip?: string;
  json?: true;
}

const fileOption = (): Option => new Option("--env <file>", "a file of settings, instead of the environment");
const jsonOption = (): Option => new Option("--json", "for programs: JSON instead of text");

/** Adds the argument and options of a command that connects to a server: the address and the credentials. */
const connecting = (command: Command): Command =>
  command
    .argument("<url>", "address of the server, with its path prefix")
    .option("--origin <origin>", "the page that connects; default: one of the server itself")
    .option("--cookie <header>", "cookie of the session, as `name=value`; or SIGNALBOX_COOKIE")
    .option("--token <token>", "bearer token; or SIGNALBOX_TOKEN");

/** The maximum that the server returns per request. */
const mostLines = 500;

function wholeNumber(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= mostLines) return value;
  throw new InvalidArgumentError(`It must be a whole number from 0 to ${mostLines}.`);
}
