// `prepack` of each package: its folder is not what is published (docs/decisions/0021-packages.md).
console.error("Nothing was packed: a package's own folder is not what is published. In the root, run: npm run pack");
process.exitCode = 1;
