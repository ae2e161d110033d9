import type { BlockRow, SecurityEvent } from "@signalbox/protocol";
import type { Details } from "../../admin/details.ts";
import type { Section } from "../../admin/feed.ts";
import { blockQuestion, disconnectQuestion, liftQuestion, type Question } from "../../admin/questions.ts";
import { ExactMoment } from "../moment.tsx";

interface Surroundings {
  nameOf: (userId: string) => string;
  blocks: readonly BlockRow[];
  thenRead: (question: Question) => Question;
  request: Section["request"];
  /** The administrator's own id. */
  ownId: string;
}

/** All details of a line of the security log, and the actions against its user or address. */
export function lineDetails(line: SecurityEvent, { nameOf, blocks, thenRead, request, ownId }: Surroundings): Details {
  const { type, severity, at, ip, user_id, count } = line;
  const known: [string, string | undefined][] = [
    ["Origin", line.origin],
    ["Namespace", line.namespace],
    ["Event", line.event],
    ["Code", line.code],
  ];
  const name = user_id === undefined ? "" : nameOf(user_id);
  const blockOf = (subject: BlockRow["subject"], id: string): BlockRow | undefined =>
    blocks.find((block) => block.subject === subject && block.id === id);

  const actions: Details["actions"][number][] = [];
  if (user_id !== undefined) {
    const block = blockOf("user", user_id);
    actions.push({
      ...{ label: "Disconnect user", testId: "disconnect-user" },
      question: disconnectQuestion(request, { user_id, username: name }),
    });
    if (block) {
      actions.push({
        ...{ label: "Lift user’s block", testId: "lift-user" },
        question: thenRead(liftQuestion(request, block, name)),
      });
    } else if (user_id !== ownId) {
      const subject = { subject: "user", id: user_id } as const;
      actions.push({
        ...{ label: "Block user", testId: "block-user" },
        question: thenRead(blockQuestion(request, subject, name)),
      });
    }
  }
  const block = blockOf("address", ip);
  const guests = `guests at ${ip}`;
  actions.push(
    block
      ? {
          ...{ label: "Lift address’s block", testId: "lift-address" },
          question: thenRead(liftQuestion(request, block, guests)),
        }
      : {
          ...{ label: "Block address", testId: "block-address" },
          question: thenRead(blockQuestion(request, { subject: "address", id: ip }, guests)),
        },
  );

  return {
    title: type.replaceAll("_", " "),
    facts: [
      ["What", line.detail],
      ["First at", <ExactMoment key="at" at={at} />],
      ["Severity", severity],
      ["Times", String(count)],
      ["Address", ip],
      ...(user_id === undefined ? [] : [["User", name === user_id ? user_id : `${name} (${user_id})`] as const]),
      ...known.flatMap(([label, value]) => (value === undefined ? [] : [[label, value] as const])),
    ],
    actions,
  };
}
