// swift-tools-version: 6.0
import PackageDescription

// SwiftNIO's echo servers, which the benchmark of sockets compares with; a package of their own, so that nothing else here
// resolves it.
let package = Package(
    name: "nio-benchmarks",
    dependencies: [.package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2")],
    targets: [
        .executableTarget(
            name: "echo_nio",
            dependencies: [
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
            ])
    ],
    swiftLanguageModes: [.v6]
)
