import Dispatcher
import Signalbox

/// The pipes of this process, by their names.
final class PipeNames: Sendable {
    private struct Pipe {
        /// Of the first instance.
        let options: PipeOptions
        /// From the oldest to the newest.
        var instances: [PipeEnd] = []
    }
    private struct State {
        var pipes: [String: Pipe] = [:]
        /// Who is told when an instance may be free, by the pipe.
        var waiters: [String: [PipeWaiter]] = [:]
    }
    private let state = Guarded(State())

    /// Names differ by more than their case.
    static func key(_ name: String) -> String { name.lowercased() }

    func make(_ name: String, _ options: PipeOptions) throws(IOError) -> PipeEnd {
        let key = PipeNames.key(name)
        let end = PipeEnd(key, name, options, self)
        let refusal = state.withLock { state -> IOStatus? in
            if let pipe = state.pipes[key] {
                if options.mustBeFirst { return .accessDenied }
                guard pipe.options.keepsMessages == options.keepsMessages, pipe.options.access == options.access else {
                    return .accessDenied
                }
                // "…the same number must be specified for other instances": that of the first counts.
                let most = pipe.options.mostInstances
                if most < 255 && pipe.instances.count >= most { return .instanceNotAvailable }
                state.pipes[key]!.instances.append(end)
            } else {
                state.pipes[key] = Pipe(options: options, instances: [end])
            }
            return nil
        }
        if let refusal {
            end.close()
            throw IOError(refusal, "making an instance of the pipe \(name)")
        }
        changed(key)
        return end
    }

    func open(_ name: String, _ access: FileRights, isOverlapped: Bool) throws(IOError) -> PipeEnd {
        let key = PipeNames.key(name)
        let (end, listeners, refusal) = state.withLock { state -> (PipeEnd?, [IORequest], IOStatus) in
            guard let pipe = state.pipes[key] else { return (nil, [], .objectNameNotFound) }
            let offered = pipe.options.access
            if access.contains(.read) && !offered.contains(.write) { return (nil, [], .accessDenied) }
            if !access.isDisjoint(with: [.write, .append]) && !offered.contains(.read) {
                return (nil, [], .accessDenied)
            }
            for instance in pipe.instances {
                if let (client, listeners) = instance.connect(access, isOverlapped: isOverlapped) {
                    return (client, listeners, .success)
                }
            }
            return (nil, [], .pipeNotAvailable)
        }
        for request in listeners { request.complete(.success, bytes: 0) }
        guard let end else { throw IOError(refusal, "opening the pipe \(name)") }
        return end
    }

    /// The end of an instance.
    func remove(_ end: PipeEnd) {
        state.withLock { state in
            guard var pipe = state.pipes[end.key] else { return }
            pipe.instances.removeAll { $0 === end }
            state.pipes[end.key] = pipe.instances.isEmpty ? nil : pipe
        }
        changed(end.key)
    }

    func instances(_ key: String) -> UInt32 { state.withLock { UInt32($0.pipes[key]?.instances.count ?? 0) } }

    func availability(_ name: String, _ waiter: PipeWaiter) -> PipeAvailability {
        let key = PipeNames.key(name)
        return state.withLock { state in
            guard let pipe = state.pipes[key] else { return .missing }
            if pipe.instances.contains(where: \.isListening) { return .free }
            state.waiters[key, default: []].append(waiter)
            return .busy(pipe.options.milliseconds)
        }
    }

    func forget(_ waiter: PipeWaiter, of name: String) {
        let key = PipeNames.key(name)
        state.withLock { state in
            guard var waiters = state.waiters[key] else { return }
            waiters.removeAll { $0 === waiter }
            state.waiters[key] = waiters.isEmpty ? nil : waiters
        }
    }

    /// An instance may be free now, or the pipe gone.
    func changed(_ key: String) {
        for waiter in state.withLock({ $0.waiters.removeValue(forKey: key) }) ?? [] { waiter.tell() }
    }
}
