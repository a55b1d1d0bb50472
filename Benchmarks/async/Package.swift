// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "async-benchmarks",
    dependencies: [.package(name: "signalbox", path: "../..")],
    targets: [
        .systemLibrary(name: "CBareEvent", pkgConfig: "libsystemd"),
        .executableTarget(
            name: "asyncbench",
            dependencies: [
                "CBareEvent",
                .product(name: "Signalbox", package: "signalbox"), .product(name: "WinSDK", package: "signalbox"),
            ],
            swiftSettings: [.treatAllWarnings(as: .error)]),
    ],
    swiftLanguageModes: [.v6]
)
