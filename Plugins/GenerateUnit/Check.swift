import Foundation

/// What systemd says of units before they are written.
struct Check {
    let units: Units
    /// For copies of the units.
    let folder: URL

    /// - Returns: the exposure; nil: systemd-analyze is not installed.
    /// - Throws: `Refusal` with what systemd finds, or that the exposure is above the threshold.
    func run() throws -> Double? {
        let copies = folder.appending(path: "check")
        try? FileManager.default.removeItem(at: copies)
        try FileManager.default.createDirectory(at: copies, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: copies) }
        // systemd-analyze wants the program to be there, and it is not installed yet.
        let files = units.files(program: "/bin/true")
        for file in files {
            try file.text.write(to: copies.appending(path: file.name), atomically: true, encoding: .utf8)
        }
        let paths = files.map { copies.appending(path: $0.name).path }
        guard let verified = analyze(["verify", "--man=no"] + paths) else {
            print("systemd-analyze is not installed: the units were not checked")
            return nil
        }
        // Of other units of the system it may find something, too.
        let ours = verified.output.split(separator: "\n").filter { line in files.contains { line.contains($0.name) } }
        if verified.status != 0 || !ours.isEmpty {
            throw Refusal("systemd-analyze verify finds:\n\(verified.output)")
        }
        let threshold = Int((units.options.threshold * 10).rounded())
        guard
            let security = analyze(["security", "--offline=true", "--threshold=\(threshold)", "--no-pager", paths[0]])
        else { return nil }
        // "→ Overall exposure level for x.service: 1.4 OK"
        let exposure = security.output.split(separator: "\n").last { $0.contains("exposure level") }?
            .split(separator: " ").compactMap { Double($0) }.last
        guard let exposure else { throw Refusal("systemd-analyze security says:\n\(security.output)") }
        if exposure > units.options.threshold {
            throw Refusal(
                "the exposure is \(exposure), above \(units.options.threshold); what adds to it:\n\(security.output)")
        }
        return exposure
    }

    private func analyze(_ arguments: [String]) -> (status: Int32, output: String)? {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["systemd-analyze"] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(["LC_ALL": "C.UTF-8"]) { $1 }
        process.standardOutput = pipe
        process.standardError = pipe
        guard (try? process.run()) != nil else { return nil }
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        if process.terminationStatus == 127 { return nil }
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }
}
