// swift-tools-version: 6.2
import PackageDescription

let house: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
// Not `Metrics`, which brings Foundation.
let metrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")

// The floors of the house, lowest first: each imports only what stands above it in this list.
let package = Package(
    name: "signalbox",
    products: [
        .library(
            name: "Signalbox",
            targets: ["Signalbox", "SignalboxConfiguration", "OverlappedIO", "NamedPipes", "Systemd"]),
        .library(name: "SignalboxTesting", targets: ["SignalboxTesting"]),
        .library(name: "WinSDK", targets: ["WinSDK"]),
        .library(name: "SignalboxLibrary", type: .static, targets: ["SignalboxLibrary"]),
        .executable(name: "EchoService", targets: ["EchoService"]),
        .executable(name: "signalbox", targets: ["SignalboxTool"]),
        .plugin(name: "GenerateUnit", targets: ["GenerateUnit"]),
    ],
    traits: [
        .trait(name: "Statistics", description: "Count each object's waits, signals, contention and longest wait")
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: []),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // floor 0: C headers and system libraries
        .target(name: "CLinux"),
        .systemLibrary(name: "CSystemd", pkgConfig: "libsystemd", providers: [.apt(["libsystemd-dev"])]),
        .systemLibrary(name: "CUring", pkgConfig: "liburing", providers: [.apt(["liburing-dev"])]),
        .target(name: "CWin32", dependencies: ["CLinux"]),
        // floor 1: the memory of the state machine, and the one state machine
        .target(name: "Records", dependencies: ["CLinux"], swiftSettings: house),
        .target(name: "Dispatcher", dependencies: ["CLinux", "Records"], swiftSettings: house),
        // what services and the command-line tool say to each other
        .target(name: "ServiceControl", swiftSettings: house),
        // floor 2: actors, plugins, handles
        .target(
            name: "Signalbox",
            dependencies: ["CLinux", "CSystemd", "Dispatcher", "ServiceControl", lifecycle, logging, metrics],
            swiftSettings: house),
        .target(name: "SignalboxConfiguration", dependencies: ["Signalbox", configuration], swiftSettings: house),
        // beside the drivers: what tests of services use
        .target(
            name: "SignalboxTesting", dependencies: ["CLinux", "Dispatcher", "Signalbox"], swiftSettings: house),
        // floor 3: drivers
        .target(
            name: "OverlappedIO", dependencies: ["CLinux", "CUring", "Dispatcher", "Signalbox", lifecycle, logging],
            path: "Plugins/OverlappedIO", swiftSettings: house),
        .target(
            name: "NamedPipes", dependencies: ["CLinux", "Dispatcher", "Signalbox", lifecycle, logging],
            path: "Plugins/NamedPipes", swiftSettings: house),
        .target(
            name: "Systemd", dependencies: ["CLinux", "CSystemd", "Dispatcher", "Signalbox", lifecycle, logging],
            path: "Plugins/Systemd", swiftSettings: house),
        .plugin(
            name: "GenerateUnit",
            capability: .command(
                intent: .custom(
                    verb: "generate-unit", description: "Writes the systemd units of an executable product"))),
        // floor 4: the Win32 functions
        .target(
            name: "Win32", dependencies: ["CLinux", "CWin32", "Dispatcher", "ServiceControl", "Signalbox"],
            exclude: ["exports.map"], swiftSettings: house),
        // floor 5: composition roots
        .target(name: "CSignalboxLibrary"),
        .target(
            name: "SignalboxLibrary",
            dependencies: [
                "CSignalboxLibrary", "NamedPipes", "OverlappedIO", "Signalbox", "Systemd", "Win32", lifecycle, logging,
            ],
            swiftSettings: house),
        .target(name: "WinSDK", dependencies: ["CWin32", "SignalboxLibrary"], swiftSettings: house),
        // floor 6: programs
        .executableTarget(name: "SignalboxTool", dependencies: ["ServiceControl"], swiftSettings: house),
        .executableTarget(
            name: "EchoService",
            dependencies: [
                "OverlappedIO", "Signalbox", "Systemd", lifecycle, logging,
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            path: "Examples/EchoService", exclude: ["README.md", "echo-service.service", "echo-service.socket"],
            swiftSettings: house),
        .executableTarget(
            name: "ServiceUnderTest",
            dependencies: [
                "Dispatcher", "OverlappedIO", "Signalbox", "Systemd", lifecycle, logging,
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            path: "Tests/Services", exclude: ["activated.c", "deadlock.c", "hangs.c"], swiftSettings: house),
        // tests
        .target(name: "CTestSupport", path: "Tests/CTestSupport"),
        .target(
            name: "TestSupport", dependencies: ["CTestSupport", "Dispatcher", "Signalbox", "SignalboxTesting"],
            path: "Tests/SignalboxTests/Support",
            swiftSettings: house),
        .testTarget(
            name: "SignalboxTests",
            dependencies: [
                "CLinux", "CSystemd", "Dispatcher", "ServiceControl", "Signalbox", "SignalboxConfiguration",
                "TestSupport", configuration,
                lifecycle, logging, metrics, .product(name: "MetricsTestKit", package: "swift-metrics"),
            ],
            exclude: ["Support"], swiftSettings: house),
        .testTarget(
            name: "SignalboxTestingTests",
            dependencies: [
                "CSystemd", "Dispatcher", "Signalbox", "SignalboxTesting", "Systemd", "TestSupport", lifecycle, logging,
            ],
            swiftSettings: house),
        .testTarget(
            name: "OverlappedIOTests",
            dependencies: ["CLinux", "Dispatcher", "OverlappedIO", "Signalbox", "TestSupport", lifecycle, logging],
            swiftSettings: house),
        .testTarget(
            name: "SystemdTests",
            dependencies: [
                "CLinux", "Dispatcher", "OverlappedIO", "Signalbox", "SignalboxTesting", "Systemd", "TestSupport",
                lifecycle,
                logging,
            ],
            swiftSettings: house),
        .testTarget(
            name: "DispatcherTests",
            dependencies: ["ArenaPeer", "CLinux", "CTestSupport", "Dispatcher", "SignalboxTesting", "TestSupport"],
            swiftSettings: house),
        .testTarget(name: "WinSDKTests", dependencies: ["WinSDK"], swiftSettings: house),
        .executableTarget(
            name: "ArenaPeer", dependencies: ["CLinux", "Dispatcher"], path: "Tests/ArenaPeer", swiftSettings: house),
    ],
    swiftLanguageModes: [.v6]
)
