import Dispatcher

/// Objects of pools that are released together.
package final class CleanupGroup: Sendable {
    /// Told of an object whose callbacks are cancelled with the group.
    package typealias Cancelled = @Sendable (_ context: UInt, _ cleanupContext: UInt) -> Void

    private struct Member {
        let object: PoolObject
        let cancelled: Cancelled?
    }
    private let members = Guarded<[ObjectIdentifier: Member]>([:])

    package init() {}

    func add(_ object: PoolObject, _ cancelled: Cancelled?) {
        members.withLock { $0[ObjectIdentifier(object)] = Member(object: object, cancelled: cancelled) }
    }

    /// False: it is no member (any more).
    @discardableResult
    func remove(_ object: PoolObject) -> Bool {
        members.withLock { $0.removeValue(forKey: ObjectIdentifier(object)) != nil }
    }

    /// Releases every member, when its callbacks have returned; those that have not begun do not, if `cancel` says so.
    /// Blocks.
    package func closeMembers(cancel: Bool, _ cleanupContext: UInt) {
        let members = self.members.withLock { members in
            defer { members = [:] }
            return Array(members.values)
        }
        var cancelled: [Int] = []
        for member in members {
            member.object.stop()
            cancelled.append(cancel ? member.object.cancelCallbacks() : 0)
        }
        for (member, cancelled) in zip(members, cancelled) {
            member.object.waitForCallbacks(countsAll: true)
            // Told of each object; of a callback that belongs to none, if it did not run.
            if cancel && (member.object.role != .once || cancelled > 0) {
                member.cancelled?(member.object.context, cleanupContext)
            }
            member.object.releaseReference()
        }
    }
}
