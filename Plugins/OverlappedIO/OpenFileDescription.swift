import CUring
import Glibc
import Signalbox

/// A descriptor, and the locks of its open file description, see fcntl(2).
struct OpenFileDescription: Sendable {
    let descriptor: Int32
    let kernel: Kernel

    private static let getCommand: Int32 = 36  // F_OFD_GETLK
    private static let waitCommand: Int32 = 38  // F_OFD_SETLKW
    private static let setCommand: Int32 = 37  // F_OFD_SETLK

    init(_ descriptor: Int32, _ kernel: Kernel) { (self.descriptor, self.kernel) = (descriptor, kernel) }

    /// What the kernel says when it fails, and not that there are no locks there.
    static func isResourceFailure(_ code: Int32) -> Bool { [ENOMEM, ENOLCK, EIO, EMFILE, ENOSPC].contains(code) }

    private func lock(_ type: Int16, _ start: Int64, _ length: Int64) -> flock {
        flock(l_type: type, l_whence: Int16(SEEK_SET), l_start: Int(start), l_len: Int(length), l_pid: 0)
    }

    /// Locks or unlocks, without waiting. `length` 0: to the end of all offsets. Returns 0 or errno.
    func setLock(_ type: Int16, _ start: Int64, _ length: Int64) -> Int32 {
        var lock = lock(type, start, length)
        while kernel.lock(descriptor, OpenFileDescription.setCommand, &lock) != 0 {
            if errno != EINTR { return errno }
        }
        return 0
    }

    /// Locks, when nobody else has a lock in the way.
    func waitForLock(_ type: Int16, _ start: Int64, _ length: Int64) {
        var lock = lock(type, start, length)
        while kernel.lock(descriptor, OpenFileDescription.waitCommand, &lock) != 0 && errno == EINTR {}
    }

    enum LockState: Equatable {
        case free
        case locked
        /// The kernel has failed.
        case unknown(Int32)
    }

    /// Whether another open file description has a lock there that excludes one of this type.
    func lockState(_ start: Int64, _ length: Int64, _ type: Int16 = Int16(F_WRLCK)) -> LockState {
        var lock = lock(type, start, length)
        while kernel.lock(descriptor, OpenFileDescription.getCommand, &lock) != 0 {
            if errno != EINTR { return OpenFileDescription.isResourceFailure(errno) ? .unknown(errno) : .free }
        }
        return lock.l_type == Int16(F_UNLCK) ? .free : .locked
    }
}
