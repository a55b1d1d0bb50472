package import CLinux
package import Dispatcher
import Glibc

/// What a new process is given. Strings end with 0.
package struct ProcessStart: Sendable {
    package var path: [CChar]
    package var arguments: [[CChar]] = []
    /// nil: the environment of this process as it stands.
    package var environment: [[CChar]]?
    package var directory: [CChar]?
    /// What becomes 0, 1 and 2; -1: /dev/null.
    package var standard: (input: Int32, output: Int32, error: Int32) = (0, 1, 2)
    package var hasOwnGroup = false
    package var hasOwnSession = false
    package var ignoresInterrupts = false
    package var isSuspended = false
    /// The nice value; nil: this process's.
    package var priority: Int32?
    /// Descriptors above 2 that it keeps.
    package var kept: [Int32] = []

    package init(path: [CChar]) { self.path = path }
}

/// A page that is about to be shared with a new process: whose it is until then.
package struct ProcessPage: ~Copyable {
    package let memory: UnsafeMutablePointer<signalbox_page>
    let descriptor: Int32
    private var isGiven = false

    /// nil: no memory, or no descriptor.
    package init?(size: Int) {
        var descriptor: Int32 = -1
        guard let memory = signalbox_make_page(UInt32(size), &descriptor) else { return nil }
        (self.memory, self.descriptor) = (memory, descriptor)
    }

    mutating func give() -> UnsafeMutablePointer<signalbox_page> {
        isGiven = true
        return memory
    }

    /// What the environment says of it.
    package var variable: String {
        "\(SIGNALBOX_PAGE_VARIABLE)=\(descriptor).\(String(memory.pointee.cookie, radix: 16))"
    }

    deinit {
        close(descriptor)
        if !isGiven { signalbox_drop_page(memory) }
    }
}

extension NativeProcess {
    /// Starts a process. Returns its object, with a reference for the caller, when it runs its own program (or, suspended,
    /// is about to).
    package static func start(_ start: ProcessStart) throws(ProcessError) -> ObjectName {
        var (pid, pidfd): (Int32, Int32) = (0, -1)
        let error = spawn(start, nil, -1, &pid, &pidfd)
        guard error == 0 else { throw ProcessError(code: error, name(start)) }
        return try child(start, pid, pidfd, nil)
    }

    /// As above; the page is shared with the process.
    package static func start(_ start: ProcessStart, _ page: consuming ProcessPage) throws(ProcessError) -> ObjectName {
        var (pid, pidfd): (Int32, Int32) = (0, -1)
        let error = spawn(start, page.memory, page.descriptor, &pid, &pidfd)
        guard error == 0 else { throw ProcessError(code: error, name(start)) }
        return try child(start, pid, pidfd, page.give())
    }

    private static func name(_ start: ProcessStart) -> String {
        String(decoding: start.path.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func child(
        _ start: ProcessStart, _ pid: Int32, _ pidfd: Int32, _ page: UnsafeMutablePointer<signalbox_page>?
    ) throws(ProcessError) -> ObjectName {
        let process = NativeProcess(.child, pid: pid, pidfd: pidfd, path: name(start), page: page)
        do {
            let object = try process.makeObject()
            ProcessTable.insertChild(pid, object)
            do {
                try ChildWatch.add(process, object)
                return object
            } catch {
                Arena.local.release(object)
                throw error
            }
        } catch {
            // Nobody would hear of its end.
            _ = signalbox_signal_process(pidfd, SIGKILL)
            _ = process.reapAtOnce()
            throw ProcessError(code: (error as? IOError)?.code ?? ENOMEM, process.path)
        }
    }

    /// Waits for the end of a child that was killed and that nobody knows.
    private func reapAtOnce() -> Int32 {
        var status: Int32 = 0
        return waitpid(pid, &status, 0)
    }

    /// The environment without what the service manager has set for this process.
    private static func entriesForChildren() -> [[CChar]] {
        var (entries, place): ([[CChar]], Int) = ([], 0)
        let list = signalbox_environment()
        while let entry = list[place] {
            place += 1
            let bytes = Array(UnsafeBufferPointer(start: entry, count: strlen(entry) + 1))
            if !ServiceEnvironment.isManagers(bytes.dropLast().map { UInt8(bitPattern: $0) }) { entries.append(bytes) }
        }
        return entries
    }

    private static func spawn(
        _ start: ProcessStart, _ page: UnsafeMutablePointer<signalbox_page>?, _ pageDescriptor: Int32,
        _ pid: inout Int32, _ pidfd: inout Int32
    ) -> Int32 {
        /// Runs `body` with a list as execve(2) takes it; the strings are one block, so that nothing is freed one by one.
        func withList<R>(
            _ strings: [[CChar]], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> R
        ) -> R {
            var block = Array(strings.joined())
            return block.withUnsafeMutableBufferPointer { block in
                var list: [UnsafeMutablePointer<CChar>?] = []
                list.reserveCapacity(strings.count + 1)
                var offset = 0
                for string in strings {
                    list.append(block.baseAddress! + offset)
                    offset += string.count
                }
                list.append(nil)
                return list.withUnsafeBufferPointer { body($0.baseAddress!) }
            }
        }
        func run(_ environment: UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Int32 {
            withList(start.arguments) { arguments in
                start.path.withUnsafeBufferPointer { path in
                    (start.directory ?? [0]).withUnsafeBufferPointer { directory in
                        start.kept.withUnsafeBufferPointer { kept in
                            let inherited = Priorities.ofChild
                            var spawn = signalbox_spawn(
                                path: path.baseAddress!, arguments: arguments, environment: environment,
                                directory: start.directory == nil ? nil : directory.baseAddress,
                                input: start.standard.input, output: start.standard.output,
                                error: start.standard.error, has_own_group: start.hasOwnGroup,
                                has_own_session: start.hasOwnSession, ignores_interrupts: start.ignoresInterrupts,
                                is_suspended: start.isSuspended, sets_priority: start.priority != nil,
                                priority: start.priority ?? 0, sets_scheduling: inherited != nil,
                                scheduling: inherited?.scheduling ?? signalbox_scheduling(),
                                affinity: inherited?.mask ?? 0, page: pageDescriptor, memory: page,
                                kept: kept.baseAddress, kept_count: Int32(kept.count))
                            return signalbox_spawn(&spawn, &pid, &pidfd)
                        }
                    }
                }
            }
        }
        guard let environment = start.environment else {
            guard ServiceEnvironment.hasManagersVariables else { return run(signalbox_environment()) }  // now, no copy
            return withList(entriesForChildren(), run)
        }
        return withList(environment, run)
    }
}
