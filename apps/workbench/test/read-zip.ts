/** The files of a zip archive whose entries are stored as they are (PKWARE APPNOTE sections 4.3.7, 4.3.12, 4.3.16). */
export function readZip(archive: Buffer): ReadonlyMap<string, Buffer> {
  const end = archive.lastIndexOf(Buffer.from("PK\x05\x06", "latin1"));
  const count = archive.readUInt16LE(end + 10);
  const files = new Map<string, Buffer>();
  let at = archive.readUInt32LE(end + 16);
  for (let index = 0; index < count; index += 1) {
    const [size, nameLength, extraLength] = [20, 28, 30].map((field, place) =>
      place === 0 ? archive.readUInt32LE(at + field) : archive.readUInt16LE(at + field),
    ) as [number, number, number];
    const head = archive.readUInt32LE(at + 42);
    const data = head + 30 + archive.readUInt16LE(head + 26) + archive.readUInt16LE(head + 28);
    files.set(archive.toString("utf8", at + 46, at + 46 + nameLength), archive.subarray(data, data + size));
    at += 46 + nameLength + extraLength + archive.readUInt16LE(at + 32);
  }
  return files;
}
