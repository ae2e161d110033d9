/** Valid packets (Engine.IO protocol 4, Socket.IO protocol 5) of everything that a client may say, and changes to them. */
import { type AdminRequests, contract, type LegacyRequests, type UserRequests } from "@signalbox/protocol";
import { admins, attackers, byCookie, csrf, forbiddenFruit, type Identity, openRooms, prey, taskOf } from "../bait.ts";
import type { Dice } from "../dice.ts";
import { mutateBytes } from "./bytes.ts";
import { jsonMutators } from "./json.ts";

/** One message of a WebSocket, or one packet of a polling body. */
export interface Message {
  readonly binary: boolean;
  readonly payload: Buffer;
}

/** A packet in its parts, each as text. */
interface Packet {
  readonly engine: string;
  readonly type: string;
  readonly namespace: string;
  readonly id: string;
  readonly json: string;
  readonly attachments: readonly Buffer[];
}

interface Sample {
  readonly name: string;
  readonly packet: Packet;
}

/** How many packets of a connection's other requests an attack of repetition makes. */
const repetitions = [2, 3, 10, 40];

/** Far enough apart: one turned bit must not make one of the other. */
const lobbies = ["east", "north", "west-wing"];

const asJson = (value: unknown): string => JSON.stringify(value);
const namespaceOf = ({ role }: Identity): "/" | "/admin" => (role === "admin" ? "/admin" : "/");
const prefixOf = (who: Identity): string => (who.role === "admin" ? "/admin," : "");

/** What lets a client into its namespace. */
const authOf = (who: Identity, cookie: boolean): object =>
  cookie && who === byCookie ? { csrf } : { token: who.token, client: { name: "fuzz", version: "1" } };

export const connectText = (who: Identity, cookie: boolean): string =>
  `40${prefixOf(who)}${asJson({ ...authOf(who, cookie), accepts: ["progress_batch", "admin_batch"] })}`;

/**
 * Names that clients send, their own and others'. An administrator could disconnect others, so administrators name only
 * their prey.
 */
function wordsOf({ role, userId }: Identity): readonly string[] {
  if (role === "user")
    return [taskOf(userId), ...lobbies.map((each) => `${openRooms}${each}`), userId, ...forbiddenFruit];
  return [...attackers.map((each) => taskOf(each.userId)), ...prey.flatMap((each) => [each.userId, each.ref])];
}

function userPayloads(who: Identity, dice: Dice): Record<keyof (UserRequests & LegacyRequests), unknown> {
  const task_id = dice.chance(0.8) ? taskOf(who.userId) : dice.pick(forbiddenFruit);
  const room_id = dice.chance(0.8) ? `${openRooms}${dice.pick(lobbies)}` : dice.pick(forbiddenFruit);
  return {
    join_task: dice.chance(0.5) ? { task_id } : { task_id, since: dice.below(2 ** 31) },
    leave_task: { task_id },
    cancel_task: { task_id },
    get_task_status: { task_id },
    join_room: { room_id },
    leave_room: { room_id },
    sync_notifications: dice.chance(0.5) ? { after: dice.below(100) } : { after: 0, limit: 1 + dice.below(500) },
    ack_notifications: { seq: dice.below(100) },
    read_notifications: { seq: dice.below(100) },
    check_connection: {},
    join_admin_dashboard: {},
    leave_admin_dashboard: {},
    ping: {},
  };
}

function adminPayloads(dice: Dice): Record<keyof AdminRequests, unknown> {
  const page = dice.pick([{}, { limit: 1 + dice.below(500) }, { after: "x", filter: "work" }, { filter: "%_\\" }]);
  return {
    list_connections: { ...page, ...dice.pick([{}, { sort: "ip", descending: true }, { offset: dice.below(100) }]) },
    list_rooms: page,
    list_tasks: page,
    list_security_events: { ...page, ...dice.pick([{}, { type: "rate_limited" }, { ip: "127.0.0.1" }]) },
    list_blocks: page,
    disconnect_user: { user_id: dice.pick(prey).userId, reason: "fuzz" },
    revoke_session: { session_ref: dice.pick(prey).ref },
    cancel_task: { task_id: taskOf(dice.pick(attackers).userId) },
    admin_notification: {
      audience: { user_id: dice.pick(attackers).userId },
      notification: { type: "fuzz", title: "Hello", body: "<b>", link: "https://app.test/", requires_ack: true },
    },
    get_metrics_history: {},
    get_health: {},
    get_configuration: {},
    explain_origin: { origin: dice.pick(["https://app.test", "null", "https://app.test:99999", "*", "http://[::1"]) },
    // Never a user whom this run needs: a blocked user sends nothing more.
    add_block: { subject: dice.pick(["user", "address"]), id: dice.pick(prey).userId, seconds: 1, reason: "fuzz" },
    lift_block: { subject: dice.pick(["user", "address"]), id: dice.pick(attackers).userId },
    check_connection: {},
  };
}

/** A valid packet of this client, of any kind. */
export function samplePacket(who: Identity, dice: Dice): Sample {
  const base: Packet = { engine: "4", type: "2", namespace: prefixOf(who), id: "", json: "", attachments: [] };
  const kind = dice.below(20);
  if (kind === 0) return { name: "CONNECT", packet: { ...base, type: "0", json: asJson(authOf(who, false)) } };
  if (kind === 1) {
    const stranger = dice.pick([...attackers, ...admins]);
    const namespace = dice.pick(["", "/admin,", "/nowhere,", "/__proto__,"]);
    return { name: "CONNECT", packet: { ...base, type: "0", namespace, json: asJson(authOf(stranger, false)) } };
  }
  if (kind === 2) return { name: "DISCONNECT", packet: { ...base, type: "1" } };
  if (kind === 3)
    return { name: "ACK", packet: { ...base, type: "3", id: String(dice.below(9)), json: '[{"ok":true}]' } };
  if (kind === 4) {
    const engine = dice.pick(["0{}", "1", "2", "2probe", "3", "3probe", "5", "6", "7"]);
    return { name: "ENGINE", packet: { ...base, engine, type: "", namespace: "" } };
  }
  const payloads = who.role === "admin" ? adminPayloads(dice) : userPayloads(who, dice);
  const { clientEvents } = contract[namespaceOf(who)];
  const names: readonly string[] =
    who.role === "admin" ? clientEvents : [...clientEvents, ...contract["/"].legacyClientEvents];
  const name = dice.pick(names);
  const payload = (payloads as Record<string, unknown>)[name];
  const id = dice.chance(0.85) ? String(dice.below(1000)) : "";
  if (kind > 6) return { name, packet: { ...base, id, json: asJson([name, payload]) } };
  const attachments = Array.from({ length: 1 + dice.below(3) }, (_, index) => Buffer.from(`attachment ${index}`));
  const holders = attachments.map((_, num) => ({ _placeholder: true, num }));
  const json = asJson([name, payload, ...holders]);
  return { name: "BINARY_EVENT", packet: { ...base, type: `5${attachments.length}-`, id, json, attachments } };
}

const textOf = ({ engine, type, namespace, id, json }: Packet): string => `${engine}${type}${namespace}${id}${json}`;

const messagesOf = (packet: Packet): Message[] => [
  { binary: false, payload: Buffer.from(textOf(packet)) },
  ...packet.attachments.map((payload) => ({ binary: true, payload })),
];

type PartMutators = Readonly<Record<string, (packet: Packet, dice: Dice, who: Identity) => Packet>>;

const payloadMutators: PartMutators = Object.fromEntries(
  Object.entries(jsonMutators).map(([name, mutate]) => [
    name,
    (packet, dice, who) => ({ ...packet, json: mutate(packet.json, dice, wordsOf(who)) }),
  ]),
);

const partMutators: PartMutators = {
  ...payloadMutators,
  packet_type: (packet, dice) => ({
    ...packet,
    type: dice.pick(["0", "1", "2", "3", "4", "5", "51-", "62-", "7", "59-", "50-", "5-1-", "5999999999-"]),
  }),
  packet_namespace: (packet, dice) => ({
    ...packet,
    namespace: dice.pick([
      "",
      "/,",
      "/admin,",
      "/admin",
      "/nowhere,",
      "/__proto__,",
      "//,",
      "/?x=1,",
      "/admin?token=x,",
      `/${"n".repeat(300)},`,
    ]),
  }),
  packet_id: (packet, dice) => ({
    ...packet,
    id: dice.pick(["", "0", "00", "-1", "9007199254740993", "1".repeat(400), "1e3", " 1"]),
  }),
  engine_type: (packet, dice) => ({ ...packet, engine: dice.pick(["", "0", "1", "2", "3", "5", "6", "8", "b", "44"]) }),
  /** Of attachments: one too many, one missing, none. */
  packet_attachments: (packet, dice) => ({
    ...packet,
    attachments: dice.pick([
      [],
      [...packet.attachments, Buffer.alloc(3)],
      packet.attachments.slice(1),
      [Buffer.alloc(65_536 + dice.below(3))],
    ]),
  }),
  event_name: (packet, dice) => ({
    ...packet,
    json: packet.json.replace(
      /^\["\w*"/,
      () =>
        `[${dice.pick(['"__proto__"', '"constructor"', '""', "5", "null", '"error"', '"connect"', '"disconnect"', '"newListener"', '"task_completed"', "{}", "[]", '"toString"'])}`,
    ),
  }),
};

interface Mutated {
  readonly sample: string;
  readonly mutators: readonly string[];
  /** What was to be said before its bytes were changed: the intention that effects are explained by. */
  readonly meant: string;
  readonly messages: readonly Message[];
}

/** A valid sequence of messages, with one to three changes. */
export function mutatePackets(who: Identity, dice: Dice): Mutated {
  const { name, packet } = samplePacket(who, dice);
  const mutators: string[] = [];
  let parts = packet;
  if (dice.chance(0.8)) {
    // Most other changes close the connection: what is behind the gate is met by those of the payload.
    const from = dice.chance(0.6) ? payloadMutators : partMutators;
    for (let count = dice.pick([1, 1, 1, 2, 3]); count > 0; count -= 1) {
      const [mutator, mutate] = dice.pick(Object.entries(from));
      mutators.push(mutator);
      parts = mutate(parts, dice, who);
    }
  }
  let messages = messagesOf(parts);
  const meant = textOf(parts);
  if (mutators.length === 0 || dice.chance(0.1)) {
    const other = Buffer.from(textOf(samplePacket(who, dice).packet));
    const at = dice.below(messages.length);
    const { name: mutator, bytes } = mutateBytes((messages[at] as Message).payload, dice, other);
    mutators.push(mutator);
    messages = messages.with(at, { binary: (messages[at] as Message).binary, payload: bytes });
  }
  if (dice.chance(0.1)) {
    const [mutator, mutate] = dice.pick(Object.entries(sequenceMutators));
    mutators.push(mutator);
    messages = mutate(messages, dice, who);
  }
  return { sample: name, mutators, meant, messages };
}

const sequenceMutators: Readonly<Record<string, (messages: Message[], dice: Dice, who: Identity) => Message[]>> = {
  sequence_repeat: (messages, dice) => Array.from({ length: dice.pick(repetitions) }, () => messages).flat(),
  sequence_reverse: (messages) => messages.toReversed(),
  sequence_insert: (messages, dice, who) =>
    messages.toSpliced(dice.below(messages.length + 1), 0, ...messagesOf(samplePacket(who, dice).packet)),
  sequence_swap_kind: (messages, dice) => {
    const at = dice.below(messages.length);
    const { binary, payload } = messages[at] as Message;
    return messages.with(at, { binary: !binary, payload });
  },
};
