/** Many connections that receive updates and ignore them, in a process of their own. */
import { connect } from "node:net";
import { rawRequest, upgradeHeaders } from "../../../src/testing/raw-http.ts";

const [port = "", count = ""] = process.argv.slice(2);

/** A client's text frame (RFC 6455 section 5.2) of less than 126 bytes, with a mask of zeros. */
function frame(text: string): Buffer {
  const payload = Buffer.from(text);
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}

for (let index = 0; index < Number(count); index += 1) {
  const socket = connect(Number(port), "127.0.0.1");
  const headers = [...upgradeHeaders, ["Origin", `http://127.0.0.1:${port}`]] as const;
  socket.write(rawRequest("GET", "/socket.io/?EIO=4&transport=websocket", headers));
  socket.once("data", () => {
    socket.write(frame('40{"accepts":["progress_batch"]}'));
    socket.resume();
  });
  socket.on("error", () => {});
}
