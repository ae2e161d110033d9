import type { ConnectionRow, RoomRow } from "@signalbox/protocol";
import type { Readable } from "../store.ts";
import { atMostEvery } from "./at-most-every.ts";
import type { Section } from "./feed.ts";
import { createLatest } from "./latest.ts";

export type RoomName = Pick<RoomRow, "namespace" | "room">;

interface RoomsState {
  readonly filter: string;
  readonly rows: readonly RoomRow[];
  /** The number of rooms; null before the first response. */
  readonly total: number | null;
  /** The room whose members are shown. */
  readonly chosen: RoomName | null;
  /** Null until they have been read. */
  readonly members: readonly ConnectionRow[] | null;
  readonly problem: string | null;
}

export interface RoomsStore {
  readonly state: Readable<RoomsState>;
  read(): void;
  search(filter: string): void;
  choose(room: RoomName | null): void;
}

/** Further rows are found by searching. */
const maxRows = 500;
const livePaceMs = 2000;

/** Rooms with members, and the members of one chosen room. */
export function openRooms(section: Section): RoomsStore {
  const state = section.keep<RoomsState>({
    ...{ filter: "", rows: [], total: null },
    ...{ chosen: null, members: null, problem: null },
  });
  const onProblem = (problem: string): void => state.patch({ problem });
  const askRooms = createLatest(section, onProblem);
  const askMembers = createLatest(section, onProblem);

  const readRooms = (): Promise<void> =>
    askRooms(
      () => section.request("list_rooms", { filter: state.get().filter, limit: maxRows }),
      ({ rows, total }) => state.patch({ rows, total, problem: null }),
    );

  /** The server filters connections by any of their texts: the members of the room are among the matches. */
  async function readMembers(): Promise<void> {
    const { chosen } = state.get();
    if (chosen === null) return;
    await askMembers(
      () => section.request("list_connections", { filter: chosen.room, limit: maxRows }),
      ({ rows }) => {
        const members = rows.filter((row) => row.namespace === chosen.namespace && row.rooms.includes(chosen.room));
        state.patch({ members });
      },
    );
  }

  function read(): void {
    void readRooms();
    void readMembers();
  }

  const onChange = atMostEvery(livePaceMs, read);
  section.onClose(onChange.stop);
  section.onBatch(({ connections }) => connections && onChange.ask());
  section.onOpen(read);

  return {
    state,
    read,
    search(filter) {
      state.patch({ filter });
      void readRooms();
    },
    choose(chosen) {
      state.patch({ chosen, members: null });
      void readMembers();
    },
  };
}
