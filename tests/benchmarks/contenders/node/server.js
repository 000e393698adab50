// node `ws` as its README broadcasts: what a publisher sends goes to every other socket.
import { WebSocketServer } from "ws";

const port = Number(process.argv[2]);
const server = new WebSocketServer({ host: "127.0.0.1", port, backlog: 4096, perMessageDeflate: false });
const readers = new Set();

server.on("connection", (socket, request) => {
  if (request.url === "/bench/publish") {
    socket.on("message", (data) => {
      for (const reader of readers) reader.send(data, { binary: false });
    });
    return;
  }
  readers.add(socket);
  socket.on("close", () => readers.delete(socket));
});
