import Dispatcher

/// What an object of the dispatcher keeps on this floor: a Swift object, which lives as long as the record does.
enum ObjectBox {
    private static let installed: Void = {
        Arena.releaseSource = { address in
            Unmanaged<AnyObject>.fromOpaque(UnsafeRawPointer(bitPattern: UInt(address))!).release()
        }
    }()

    /// Makes an object with one reference, which keeps `box`.
    static func make(
        _ kind: ObjectKind, manualReset: Bool = false, handles: UInt32 = 0, _ box: AnyObject
    ) throws(DispatcherError) -> ObjectName {
        installed
        let kept = Unmanaged.passRetained(box)
        do throws(DispatcherError) {
            return try Arena.prepared().makeObject(kind, manualReset: manualReset, count: 0, handles: handles) {
                $0.driver = UInt64(UInt(bitPattern: kept.toOpaque()))
            }
        } catch {
            kept.release()
            throw error
        }
    }

    /// What the object keeps, which for that kind is a `Box`; nil if it is no such object.
    static func find<Box: AnyObject>(_ object: ObjectName, _ kind: ObjectKind, _ type: Box.Type) -> Box? {
        keep(object, kind, type)?.takeRetainedValue()
    }

    /// As `find`, to be released by the caller.
    @inline(__always)
    static func keep<Box: AnyObject>(_ object: ObjectName, _ kind: ObjectKind, _: Box.Type) -> Unmanaged<Box>? {
        // Retained under the record's lock: the record keeps its own reference until it is retired.
        let box: Unmanaged<Box>?? = Arena.local.withLock(object) { record, word in
            guard word.kind == kind else { return nil }
            return Unmanaged<Box>.fromOpaque(UnsafeRawPointer(bitPattern: UInt(record.driver))!).retain()
        }
        return box ?? nil
    }
}
