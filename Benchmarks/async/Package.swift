// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "async-benchmarks",
    dependencies: [.package(name: "signalbox", path: "../..")],
    targets: [
        .executableTarget(
            name: "asyncbench",
            dependencies: [
                .product(name: "Signalbox", package: "signalbox"), .product(name: "WinSDK", package: "signalbox"),
            ],
            swiftSettings: [.treatAllWarnings(as: .error)])
    ],
    swiftLanguageModes: [.v6]
)
