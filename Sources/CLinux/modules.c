#define _GNU_SOURCE // dl_iterate_phdr, dlinfo
#include "CLinux.h"

#include <dlfcn.h>
#include <limits.h>
#include <link.h>
#include <string.h>

struct search {
    // what is looked for: one of these
    const char *name;
    const void *address;
    const struct link_map *map;
    const void *module;
    bool is_program;
    // what was found
    void *found;
    char *path;
    size_t size;
    bool is_first;
};

static uintptr_t lowest(const struct dl_phdr_info *info) {
    uintptr_t least = UINTPTR_MAX;
    for (int i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_LOAD && info->dlpi_phdr[i].p_vaddr < least)
            least = info->dlpi_phdr[i].p_vaddr;
    return info->dlpi_addr + (least & ~(uintptr_t)4095);
}

static bool contains(const struct dl_phdr_info *info, const void *address) {
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        uintptr_t offset = (uintptr_t)address - (info->dlpi_addr + segment->p_vaddr);
        if (segment->p_type == PT_LOAD && offset < segment->p_memsz) return true;
    }
    return false;
}

static bool is_mapped_as(const struct dl_phdr_info *info, const struct link_map *map) {
    return info->dlpi_addr == map->l_addr && !strcmp(info->dlpi_name, map->l_name);
}

static const char *last_part(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static int look(struct dl_phdr_info *info, size_t size, void *argument) {
    (void)size;
    struct search *search = argument;
    // The first is the program, whose name is empty here.
    bool is_program = search->is_first;
    search->is_first = false;
    char program[PATH_MAX] = "";
    const char *path = info->dlpi_name;
    if (is_program) {
        ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
        program[length > 0 ? length : 0] = 0;
        path = program;
    }
    void *module = (void *)lowest(info);
    bool is_it = search->is_program ? is_program
                 : search->name     ? !strcmp(strchr(search->name, '/') ? path : last_part(path), search->name)
                 : search->map      ? is_mapped_as(info, search->map)
                 : search->module   ? module == search->module
                                    : contains(info, search->address);
    if (!is_it) return 0;
    search->found = module;
    if (search->path) {
        size_t length = strlen(path);
        if (length >= search->size) length = search->size - 1;
        memcpy(search->path, path, length);
        search->path[length] = 0;
    }
    return 1;
}

static void *find(struct search search) {
    search.is_first = true;
    signalbox_enter();
    dl_iterate_phdr(look, &search);
    signalbox_leave();
    return search.found;
}

void *signalbox_module_of_handle(void *handle) {
    struct link_map *map;
    if (dlinfo(handle, RTLD_DI_LINKMAP, &map)) return NULL;
    return find((struct search){.map = map});
}
void *signalbox_module_at(const void *address) { return find((struct search){.address = address}); }
void *signalbox_program_module(void) { return find((struct search){.is_program = true}); }
void *signalbox_module_named(const char *name) { return find((struct search){.name = name}); }

size_t signalbox_module_path(const void *module, char *path, size_t size) {
    path[0] = 0;
    return find((struct search){.module = module, .path = path, .size = size}) ? strlen(path) : 0;
}
