import Foundation
import PackagePlugin

/// `swift package generate-unit`: writes the units of a service, and has systemd look at them.
@main struct GenerateUnit: CommandPlugin {
    func performCommand(context: PluginContext, arguments: [String]) async throws {
        do {
            let options = try Options(arguments)
            if options.wantsHelp { return print(Options.help) }
            let units = Units(options: options, product: try product(options.product, of: context.package))
            let exposure = try Check(units: units, folder: context.pluginWorkDirectoryURL).run()
            let folder = try write(units, options, context.pluginWorkDirectoryURL)
            for file in units.files() { print(folder.appending(path: file.name).path) }
            if let exposure { print("systemd-analyze verify finds nothing; the exposure is \(exposure)") }
            if options.destination == nil {
                let names = units.files().map(\.name).joined(separator: " ")
                print("To install them: (cd \(folder.path) && sudo install -m 644 \(names) \(options.units)/)")
            }
        } catch let refusal as Refusal {
            Diagnostics.error("generate-unit: \(refusal)")
        }
    }

    private func product(_ wanted: String?, of package: Package) throws -> String {
        let products = package.products(ofType: ExecutableProduct.self)
        let names = products.map(\.name).sorted()
        if let wanted {
            // A target, too, for a product may have another name than its program's.
            if let product = products.first(where: { $0.name == wanted || $0.mainTarget.name == wanted }) {
                return product.name
            }
            throw Refusal("the package has no executable product \(wanted), but: \(names.joined(separator: ", "))")
        }
        guard names.count <= 1 else {
            throw Refusal("say which by --product: \(names.joined(separator: ", "))")
        }
        guard let only = names.first else { throw Refusal("the package has no executable product") }
        return only
    }

    private func write(_ units: Units, _ options: Options, _ work: URL) throws -> URL {
        let folder =
            if let destination = options.destination {
                URL(filePath: destination + options.units)
            } else if let output = options.output {
                URL(filePath: output)
            } else {
                work.appending(path: "units")
            }
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            for file in units.files() {
                try file.text.write(to: folder.appending(path: file.name), atomically: true, encoding: .utf8)
            }
        } catch {
            throw Refusal("\(folder.path) cannot be written: \(error.localizedDescription)")
        }
        return folder
    }
}
