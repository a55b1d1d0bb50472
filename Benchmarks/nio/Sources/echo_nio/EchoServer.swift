import NIOCore
import NIOPosix

/// Writes what is read, and flushes when there is nothing more to read for now.
final class EchoHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { context.write(data, promise: nil) }
    func channelReadComplete(context: ChannelHandlerContext) { context.flush() }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

/// SwiftNIO's echo server, on one event loop: with a channel handler, or with async channels.
///
/// usage: echo_nio PORT handler|async
@main
struct EchoServer {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 3, let port = Int(arguments[1]) else { fatalError("usage: echo_nio PORT handler|async") }
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup(numberOfThreads: 1))
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
        if arguments[2] == "handler" {
            try await serveByHandlers(bootstrap, port)
        } else {
            try await serveAsynchronously(bootstrap, port)
        }
    }

    static func serveByHandlers(_ bootstrap: ServerBootstrap, _ port: Int) async throws {
        let listener = try await bootstrap.childChannelInitializer { channel in
            channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(EchoHandler()) }
        }.bind(host: "127.0.0.1", port: port).get()
        try await listener.closeFuture.get()
    }

    static func serveAsynchronously(_ bootstrap: ServerBootstrap, _ port: Int) async throws {
        let listener = try await bootstrap.bind(host: "127.0.0.1", port: port) { channel in
            channel.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
            }
        }
        try await withThrowingDiscardingTaskGroup { group in
            try await listener.executeThenClose { connections in
                for try await connection in connections {
                    group.addTask {
                        // The peer may go at any time.
                        try? await connection.executeThenClose { incoming, outgoing in
                            for try await message in incoming { try await outgoing.write(message) }
                        }
                    }
                }
            }
        }
    }
}
