/** What servers of our own can be told over standard input, beside broadcasting. */
export type ServerCommands = {
  /** Answered once clients may connect. */
  listening: { readonly params: Record<never, never>; readonly answer: { readonly atUs: number } };
  /** Collects garbage, and says what is left. */
  memory: { readonly params: Record<never, never>; readonly answer: MemoryAnswer };
  /** Creates the tasks that clients then join, `task-0000` and so on. */
  tasks: { readonly params: { readonly count: number }; readonly answer: Record<never, never> };
  /** Updates all tasks in turn, at an even rate, and answers at the end. */
  progress: { readonly params: ProgressParams; readonly answer: ProgressAnswer };
};

export interface MemoryAnswer {
  /** `heapUsed + external` in bytes. */
  readonly heapBytes: number;
  readonly connections: number;
}

export interface ProgressParams {
  readonly tasks: number;
  /** Over all tasks. */
  readonly updatesPerSecond: number;
  readonly seconds: number;
}

export interface ProgressAnswer {
  /** Never more than were due. */
  readonly processed: number;
  /** Of `monitorEventLoopDelay` with a resolution of 1 ms, which is part of each figure. */
  readonly lagP99Ms: number;
}
