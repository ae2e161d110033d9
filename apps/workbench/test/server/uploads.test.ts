import { mkdir, mkdtemp, readdir } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NotificationPage } from "@signalbox/protocol";
import { fetchClientConfig, type RawHeaders, rawRequest, sendRaw } from "@signalbox/server/testing";
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { makeImage, type Person, type RunningWorkbench, runWorkbench, signUp } from "../fixture.ts";
import { readZip } from "../read-zip.ts";

// A workbench is started; on a busy machine that takes its time.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const megabyte = 1024 * 1024;

let workbench: RunningWorkbench;
let ada: Person;
let png: Buffer;

beforeAll(async () => {
  workbench = await runWorkbench();
  ada = await signUp(workbench.url);
  png = Buffer.from(await (await makeImage("small.png", 16, 16)).arrayBuffer());
});
afterAll(() => workbench?.remove());

const stored = (folder: "uploads" | "results"): Promise<string[]> =>
  readdir(join(workbench.environment.DATA_DIR ?? "", folder));
const image = (name: string, bytes: Buffer = png): File => new File([new Uint8Array(bytes)], name);
/** Content after the end of a picture is passed over by everybody who reads it. */
const padded = (size: number): File => image("large.png", Buffer.concat([png, Buffer.alloc(size - png.length)]));

/** A multipart body by hand: names as no well-behaved client would send them. */
const part = (disposition: string, content: Buffer | string, type = "image/png"): Buffer =>
  Buffer.concat([
    Buffer.from(`--b\r\nContent-Disposition: form-data; ${disposition}\r\nContent-Type: ${type}\r\n\r\n`),
    Buffer.from(content),
    Buffer.from("\r\n"),
  ]);
const send = (parts: Buffer[], end = "--b--\r\n", type = "multipart/form-data; boundary=b"): Promise<Response> =>
  ada.fetch("/api/tasks", {
    method: "POST",
    body: new Uint8Array(Buffer.concat([...parts, Buffer.from(end)])),
    headers: { "content-type": type },
  });

async function expectRefusal(answer: Promise<Response>, status: number, code: string): Promise<string> {
  const response = await answer;
  const { error } = await response.json();
  expect([response.status, error.code, error.category]).toEqual([status, code, "request"]);
  return error.message;
}

describe("refused in a sentence, with no task and nothing left on the disk, is an upload", () => {
  afterEach(async () => {
    expect(await (await ada.fetch("/api/tasks")).json()).toEqual({ tasks: [] });
    expect([...(await stored("uploads")), ...(await stored("results"))]).toEqual([]);
  });

  it("of no image", async () => {
    const onlyText = new FormData();
    onlyText.append("kind", "batch");
    for (const body of [new FormData(), onlyText]) {
      const message = await expectRefusal(ada.fetch("/api/tasks", { method: "POST", body }), 400, "upload_empty");
      expect(message).toBe("There was no image in the upload.");
    }
  });

  it("of more than 200 images", async () => {
    const files = Array.from({ length: 201 }, (_, index) => image(`${index}.png`));
    expect(await expectRefusal(ada.start(files), 413, "upload_too_many")).toBe("A batch has at most 200 images.");
  });

  it("of nothing but images over 20 MB", async () => {
    const large = padded(20 * megabyte + 1);
    for (const files of [[large], [large, large]]) {
      const message = await expectRefusal(ada.start(files), 413, "upload_too_large");
      expect(message).toBe("large.png is larger than 20 MB.");
    }
  });

  it("of more bytes than a batch can have, before any of them is read", async () => {
    const body = rawRequest("POST", "/api/tasks", [
      ["Origin", workbench.url],
      ["Cookie", ada.cookie],
      ["X-CSRF-Token", (await fetchClientConfig(workbench.url, { cookie: ada.cookie })).csrf ?? ""],
      ["Content-Type", "multipart/form-data; boundary=b"],
      ["Content-Length", String(5e9)],
    ]);
    const { status, headers } = await sendRaw(Number(workbench.environment.PORT), body);
    expect([status, headers.get("connection")]).toEqual([413, "close"]);
  });

  it("of what is no image by its content, whatever its name and type say", async () => {
    const script = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>';
    const contents: Record<string, string | Buffer> = {
      text: "hello",
      nothing: "",
      html: "<!doctype html><script>alert(1)</script>",
      svg: script,
      "svg with a head": `<?xml version="1.0"?>${script}`,
      pdf: "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj",
      zip: Buffer.from("PK\x03\x04\x14\0\0\0\0\0"),
      program: Buffer.from("\x7fELF\x02\x01\x01\0", "latin1"),
      "half a signature": png.subarray(0, 4),
    };
    for (const [name, content] of Object.entries(contents)) {
      const file = new File([typeof content === "string" ? content : new Uint8Array(content)], `${name}.png`, {
        type: "image/png",
      });
      const message = `${name}.png is not a JPEG, PNG, WebP, AVIF, GIF or TIFF image.`;
      expect(await expectRefusal(ada.start([file]), 415, "upload_type")).toBe(message);
      const answer = await ada.start([file, file]);
      const one = { name: `${name}.png`, code: "upload_type", message };
      expect(await answer.json()).toMatchObject({ error: { code: "upload_type", message }, refused: [one, one] });
    }
  });

  it("that is malformed or ends too early", async () => {
    const whole = part('name="images"; filename="a.png"', png);
    await expectRefusal(send([whole], ""), 400, "upload_broken");
    await expectRefusal(send([whole.subarray(0, 30)], ""), 400, "upload_broken");
    await expectRefusal(send([whole, whole.subarray(0, 120)], ""), 400, "upload_broken");
    await expectRefusal(send([Buffer.from("garbage")], ""), 400, "upload_broken");
    await expectRefusal(send([whole], "--b--\r\n", "multipart/form-data"), 400, "upload_broken");
    await expectRefusal(send([whole], "--b--\r\n", "multipart/form-data; boundary=other"), 400, "upload_broken");
    await expectRefusal(send([part('name="__proto__"; filename="a.png"', png)]), 400, "payload_invalid");
    const fields = Array.from({ length: 6 }, (_, index) => part(`name="f${index}"`, "text", "text/plain"));
    await expectRefusal(send([...fields, whole]), 413, "payload_too_large");
  });

  it("whose sender goes away in the middle", async () => {
    const { csrf } = await (await ada.fetch("/realtime/client-config")).json();
    const headers: RawHeaders = [
      ...[["Origin", workbench.url] as const, ["Cookie", ada.cookie] as const, ["X-CSRF-Token", csrf] as const],
      ["Content-Type", "multipart/form-data; boundary=b"],
      ["Content-Length", "100000"],
    ];
    const client = connect(Number(workbench.environment.PORT), "127.0.0.1").on("error", () => {});
    client.write(rawRequest("POST", "/api/tasks", headers));
    client.write(part('name="images"; filename="a.png"', png));
    await expect.poll(() => stored("uploads")).toHaveLength(1);
    client.destroy();
    await expect.poll(() => stored("uploads")).toEqual([]);
  });
});

describe("at the start", () => {
  it("uploads that a crash left without a task are cleared away; those of a task stay", async () => {
    const DATA_DIR = await mkdtemp(join(tmpdir(), "workbench-"));
    const uploads = join(DATA_DIR, "uploads");
    const first = await runWorkbench({ DATA_DIR });
    const person = await signUp(first.url);
    const { task_id } = await (await person.start(Array.from({ length: 200 }, () => image("a.png")))).json();
    await first.close();
    await mkdir(join(uploads, "00000000-0000-4000-8000-000000000000.part"));
    await mkdir(join(uploads, "00000000-0000-4000-8000-000000000001"));
    const second = await runWorkbench({ DATA_DIR });
    onTestFinished(() => second.remove());
    expect(await readdir(uploads)).toEqual([task_id]);
  });
});

describe("taken is an upload", () => {
  const cancel = (taskId: string): Promise<Response> => ada.post(`/api/tasks/${taskId}/cancel`, {});

  it("of exactly 200 images", async () => {
    const response = await ada.start(Array.from({ length: 200 }, (_, index) => image(`${index}.png`)));
    const { task_id } = await response.json();
    expect((await (await ada.fetch(`/api/tasks/${task_id}`)).json()).task).toMatchObject({ total: 200 });
    await cancel(task_id);
  });

  it("of an image of exactly 20 MB", async () => {
    const response = await ada.start([padded(20 * megabyte)]);
    expect(response.status).toBe(201);
  });

  it("with images that cannot be taken: they are left out and named, the others are converted", async () => {
    const large = padded(20 * megabyte + 1);
    const text = new File(["no image"], "text.png", { type: "image/png" });
    const answer = await ada.start([image("1.png"), large, image("2.png"), text, image("3.png")]);
    const { task_id, refused } = await answer.json();
    expect([answer.status, refused]).toEqual([
      201,
      [
        { name: "large.png", code: "upload_too_large", message: "large.png is larger than 20 MB." },
        {
          ...{ name: "text.png", code: "upload_type" },
          message: "text.png is not a JPEG, PNG, WebP, AVIF, GIF or TIFF image.",
        },
      ],
    ]);
    const read = async () => (await (await ada.fetch(`/api/tasks/${task_id}`)).json()).task;
    await expect.poll(async () => (await read()).status).toBe("completed");
    expect(await read()).toMatchObject({ title: "1.png and 2 more", total: 3, result: { images: 3, unreadable: 0 } });
    const { results } = await (await ada.fetch(`/api/tasks/${task_id}/results`)).json();
    expect(results.map(({ name }: { name: string }) => name)).toEqual(["1.png", "2.png", "3.png"]);
  });

  it("whose names are cut by code points, and whose end sends a notification", async () => {
    const names = [`${"x".repeat(199)}🦊.png`, "🦊".repeat(300)];
    for (const name of names) {
      const { task_id } = await (await ada.start([image(name)])).json();
      await expect
        .poll(async () => {
          const answer = await ada.fetch("/realtime/notifications?after=0");
          const { notifications } = (await answer.json()) as NotificationPage;
          return notifications.find(({ link }) => link?.endsWith(task_id));
        })
        .toMatchObject({ type: "batch_finished", title: expect.stringMatching(/^Ready: [x🦊]+…$/u) });
      const { results } = await (await ada.fetch(`/api/tasks/${task_id}/results`)).json();
      expect(results[0].name).toBe([...name].slice(0, 200).join(""));
    }
  });

  it("whose names keep the letters and marks of their script, in the zip and in a download", async () => {
    const stems = ["Zoe\u0308 cafe\u0301", "हिन्दी चित्र", "می\u200cخواهم", "図 1"];
    const { task_id } = await (await ada.start(stems.map((stem) => image(`${stem}.png`)))).json();
    await expect
      .poll(async () => (await (await ada.fetch(`/api/tasks/${task_id}`)).json()).task.status)
      .toBe("completed");
    const { results, zip_url } = await (await ada.fetch(`/api/tasks/${task_id}/results`)).json();
    const packed = readZip(Buffer.from(await (await ada.fetch(zip_url)).arrayBuffer()));
    for (const [index, stem] of stems.entries()) {
      expect([...packed.keys()]).toContain(`00${index + 1} ${stem}.avif`);
      const { url } = results[index].outputs[0];
      const shown = (await ada.fetch(url)).headers.get("content-disposition");
      expect(shown).toMatch(/^inline; filename="[\w .-]+\.avif"; filename\*=UTF-8''/);
      expect(decodeURIComponent(shown?.split("''")[1] ?? "")).toBe(`${stem}.avif`);
      const saved = (await ada.fetch(`${url}?download`)).headers.get("content-disposition");
      expect(saved).toBe(shown?.replace("inline", "attachment"));
    }
  });

  it("whose names try to be paths, commands or pages: they are shown as names and touch nothing", async () => {
    const names: Record<string, string> = {
      "../../../etc/passwd.png": "passwd.png",
      "..\\\\..\\\\windows\\\\evil.png": "evil.png",
      "/absolute.png": "absolute.png",
      "..": "image",
      "": "image",
      "nul\0 and escape\x1b[31m.png": "nul and escape[31m.png",
      "turned \u202Egnp.exe": "turned gnp.exe",
      "<img src=x onerror=alert(1)>.png": "<img src=x onerror=alert(1)>.png",
      "=cmd|' ' !A0.png": "=cmd|' ' !A0.png",
      "Ünïcödé 図.png": "Ünïcödé 図.png",
      ["long".repeat(100)]: "long".repeat(50),
    };
    const parts = Object.keys(names).map((name) => part(`name="images"; filename="${name}"`, png));
    const nameless = part('name="images"', png, "application/octet-stream");
    const response = await send([...parts, nameless]);
    expect(response.status).toBe(201);
    const { task_id } = await response.json();
    const files = await readdir(join(workbench.environment.DATA_DIR ?? "", "uploads", task_id)).catch(() => []);
    for (const file of files) expect(file).toMatch(/^\d{3}\.upload$/);
    await expect
      .poll(async () => (await (await ada.fetch(`/api/tasks/${task_id}`)).json()).task.status)
      .toBe("completed");

    const { results, zip_url } = await (await ada.fetch(`/api/tasks/${task_id}/results`)).json();
    const shown = results.map(({ name }: { name: string }) => name);
    expect(shown).toEqual([...Object.values(names), "image"]);
    const packed = readZip(Buffer.from(await (await ada.fetch(zip_url)).arrayBuffer()));
    expect(packed.size).toBe(2 * (parts.length + 1));
    for (const name of packed.keys()) expect(name).toMatch(/^\d{3} [\p{L}\p{M}\p{N}\p{So} ._-]*\.(avif|webp)$/u);
    for (const file of await readdir(workbench.environment.DATA_DIR ?? "")) {
      expect(file).toMatch(/^(uploads|results|secret|\.writable|workbench\.sqlite(-wal|-shm)?)$/);
    }
  });
});
