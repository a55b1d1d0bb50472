// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "echo-benchmarks",
    dependencies: [.package(name: "signalbox", path: "../..")],
    targets: [
        .executableTarget(
            name: "echo_async",
            dependencies: [.product(name: "Signalbox", package: "signalbox")],
            swiftSettings: [.treatAllWarnings(as: .error)])
    ],
    swiftLanguageModes: [.v6]
)
