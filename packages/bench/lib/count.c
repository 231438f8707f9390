/* A qemu plugin that counts what a user-mode process executes, for the benchmark.
 *
 * The file named by COUNT_FILE becomes a page shared with the measuring process:
 *   bytes 0-7   instructions since the start, all threads
 *   bytes 8-15  system calls since the start
 * Both little-endian. Instructions are added once per executed block, inline and unlocked: two threads that work at
 * the same time lose many additions, so what uses the thread pool is counted with one request at a time.
 */
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define VISIBLE __attribute__((visibility("default")))

/* The few declarations of qemu-plugin.h (API version 1) that are used, so that no header has to be installed. */
typedef uint64_t plugin_id;
struct block;
struct info;
enum { ADD_U64 = 0 };
extern void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id, void (*)(plugin_id, struct block *));
extern size_t qemu_plugin_tb_n_insns(const struct block *);
extern void qemu_plugin_register_vcpu_tb_exec_inline(struct block *, int operation, void *counter, uint64_t amount);
extern void qemu_plugin_register_vcpu_syscall_cb(plugin_id, void (*)(plugin_id, unsigned, int64_t, uint64_t, uint64_t,
                                                                   uint64_t, uint64_t, uint64_t, uint64_t, uint64_t,
                                                                   uint64_t));

VISIBLE int qemu_plugin_version = 1;

struct counters {
  uint64_t instructions;
  uint64_t calls;
};

static struct counters *counters;

static void translated(plugin_id id, struct block *block) {
  (void)id;
  qemu_plugin_register_vcpu_tb_exec_inline(block, ADD_U64, &counters->instructions, qemu_plugin_tb_n_insns(block));
}

static void called(plugin_id id, unsigned vcpu, int64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
                   uint64_t e, uint64_t f, uint64_t g, uint64_t h) {
  (void)id, (void)vcpu, (void)number, (void)a, (void)b, (void)c, (void)d, (void)e, (void)f, (void)g, (void)h;
  __atomic_add_fetch(&counters->calls, 1, __ATOMIC_RELAXED);
}

VISIBLE int qemu_plugin_install(plugin_id id, const struct info *info, int argc, char **argv) {
  (void)info, (void)argc, (void)argv;
  const char *path = getenv("COUNT_FILE");
  if (!path) return 1;

  int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
  if (file < 0 || ftruncate(file, 4096) != 0) return 1;

  counters = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (counters == MAP_FAILED) return 1;

  qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
  qemu_plugin_register_vcpu_syscall_cb(id, called);
  return 0;
}
