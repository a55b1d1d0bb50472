// swift-tools-version: 6.0
import Foundation
import PackageDescription

// PREFIX is where the library was installed.
let prefix = ProcessInfo.processInfo.environment["PREFIX"] ?? "/usr/local"

let package = Package(
    name: "consumer",
    dependencies: [.package(path: "\(prefix)/share/signalbox/WinSDK")],
    targets: [.executableTarget(name: "consumer", dependencies: ["WinSDK"], path: "Sources")]
)
