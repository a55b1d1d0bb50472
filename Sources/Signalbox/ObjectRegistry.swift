public import Dispatcher

/// What an opener of a name may do with the object: the generic rights of Win32.
public struct ObjectAccess: OptionSet, Sendable, Hashable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// GENERIC_READ
    public static let read = ObjectAccess(rawValue: 0x8000_0000)
    /// GENERIC_WRITE
    public static let write = ObjectAccess(rawValue: 0x4000_0000)
}

/// Why a name cannot be registered or opened.
public enum ObjectRegistryError: Error, Equatable, CustomStringConvertible {
    /// Nobody has registered the name, or a prefix of it.
    case noSuchName(String)
    /// Another plugin, or the same, has registered that already.
    case conflict(String, owner: String, newcomer: String)
    /// A plugin has registered the empty name.
    case emptyName(owner: String)
    /// The plugin was stopped: what it registers now, nobody would withdraw.
    case ownerHasStopped(String)

    public var description: String {
        switch self {
        case .noSuchName(let name): "no plugin provides \(name)"
        case .conflict(let name, let owner, let newcomer):
            "plugin \(newcomer) cannot register \(name), which plugin \(owner) has registered"
        case .emptyName(let owner): "plugin \(owner) cannot register an empty name"
        case .ownerHasStopped(let owner): "plugin \(owner) was stopped, and cannot register names any more"
        }
    }
}

/// The names that a host's plugins answer for: whole ones (`COM1`, `CONIN$`) and prefixes (`\\.\pipe\`, `Global\`).
///
/// Names are compared as Win32 compares them: without regard to case, and otherwise code point by code point. A whole
/// name comes before any prefix, and a longer prefix before a shorter one. Plugins register through their
/// ``PluginContext``; a plugin's names are withdrawn before it is stopped. Objects that were opened live on.
public final class ObjectRegistry: Sendable {
    /// Makes or finds the object of a name, given as the caller wrote it, prefix included.
    public typealias Opener = @Sendable (_ name: String, _ access: ObjectAccess) async throws -> any KernelObject

    private struct Entry {
        let key: [UInt32]
        let isPrefix: Bool
        let owner: Owner
        let open: Opener
    }

    /// One life of a plugin, from a start to the stop.
    struct Owner: Sendable, Hashable {
        let plugin: String
        let life: Int
    }

    private struct State {
        var entries: [Entry] = []
        var owners: Set<Owner> = []
        var lives = 0
    }
    private let state = Guarded(State())

    init() {}

    /// Opens the object of a name.
    ///
    /// - Throws: `ObjectRegistryError.noSuchName`; else what the plugin's opener throws. Cancellation is the opener's
    ///   to heed.
    public func open(_ name: String, access: ObjectAccess = [.read, .write]) async throws -> any KernelObject {
        let key = ObjectRegistry.key(name)
        let opener = state.withLock { state in
            state.entries.filter { $0.isPrefix ? key.starts(with: $0.key) : key == $0.key }
                .max { ($0.key.count, $0.isPrefix ? 0 : 1) < ($1.key.count, $1.isPrefix ? 0 : 1) }?.open
        }
        guard let opener else { throw ObjectRegistryError.noSuchName(name) }
        return try await opener(name, access)
    }

    /// Whether a plugin answers for the name.
    package func answers(for name: String) -> Bool {
        let key = ObjectRegistry.key(name)
        return state.withLock { $0.entries.contains { $0.isPrefix ? key.starts(with: $0.key) : key == $0.key } }
    }

    // ---- for the host and its contexts

    func makeOwner(_ plugin: String) -> Owner {
        state.withLock { state in
            state.lives += 1
            let owner = Owner(plugin: plugin, life: state.lives)
            state.owners.insert(owner)
            return owner
        }
    }

    func register(
        _ name: String, isPrefix: Bool, owner: Owner, _ open: @escaping Opener
    ) throws(ObjectRegistryError) {
        let key = ObjectRegistry.key(name)
        guard !key.isEmpty else { throw .emptyName(owner: owner.plugin) }
        let entry = Entry(key: key, isPrefix: isPrefix, owner: owner, open: open)
        try state.withLock { state throws(ObjectRegistryError) in
            guard state.owners.contains(owner) else { throw .ownerHasStopped(owner.plugin) }
            if let other = state.entries.first(where: { $0.key == key && $0.isPrefix == isPrefix }) {
                throw .conflict(name, owner: other.owner.plugin, newcomer: owner.plugin)
            }
            state.entries.append(entry)
        }
        DriverRegistry.shared.register(names: self)
    }

    func withdraw(_ owner: Owner) {
        let isEmpty = state.withLock { state in
            state.owners.remove(owner)
            state.entries.removeAll { $0.owner == owner }
            return state.entries.isEmpty
        }
        if isEmpty { DriverRegistry.shared.unregister(names: self) }
    }

    /// Upper case, one code point for one, as the table of Windows has it: ß has no upper case there.
    private static func key(_ name: String) -> [UInt32] {
        name.unicodeScalars.map { scalar in
            let upper = scalar.properties.uppercaseMapping.unicodeScalars
            return upper.count == 1 ? upper.first!.value : scalar.value
        }
    }
}

extension KernelObject {
    /// The type of ``object``, for kernel objects of plugins: one that is made of another has that one's name.
    public typealias Name = ObjectName
}
