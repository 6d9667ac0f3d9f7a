#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// `prctl` and `syscall` are variadic, and the numbers of system calls differ by architecture: neither can be said in
// Swift.

#if defined(__x86_64__)
#define COVEY_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define COVEY_ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#define COVEY_ARCHITECTURE 0
#endif

/// The architecture as filters see it; 0 where there is no table for it.
static const unsigned int covey_architecture = COVEY_ARCHITECTURE;

// Glibc has these for GNU_SOURCE alone.
extern int pipe2(int ends[2], int flags);
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);

/// A pipe whose ends no program inherits.
static inline int covey_pipe(int ends[2]) { return pipe2(ends, 02000000); }

/// The program that is spawned has no descriptor from this one on.
static inline int covey_close_from(posix_spawn_file_actions_t *actions, int from) {
    return posix_spawn_file_actions_addclosefrom_np(actions, from);
}

/// Whether there is a table of system calls for this architecture.
static inline int covey_knows_architecture(void) { return covey_architecture != 0; }

/// This process ends by SIGKILL when the thread that started it does.
static inline int covey_die_with_parent(void) { return prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); }

/// No program that is started can have more rights than this process. There is no way back.
static inline int covey_no_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); }

/// Other processes of the same user can neither read the memory of this one nor trace it.
static inline int covey_not_dumpable(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

/// Lays a filter over the system calls of all threads of this process. There is no way back.
static inline long covey_install_filter(struct sock_filter *rules, unsigned short count) {
    struct sock_fprog program = {.len = count, .filter = rules};
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
}

/// Whether this kernel has filters that can be laid over all threads.
static inline int covey_has_filters(void) {
    unsigned int action = SECCOMP_RET_ERRNO;
    return covey_architecture != 0 && syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

/// System calls that the engine needs once it is warm and that reach nothing outside the process but its pipes.
static const int covey_allowed_calls[] = {
    SYS_read, SYS_write, SYS_readv, SYS_writev, SYS_close, SYS_fstat, SYS_ppoll, SYS_futex, SYS_munmap, SYS_mremap,
    SYS_madvise, SYS_brk, SYS_membarrier, SYS_mincore, SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn,
    SYS_sigaltstack, SYS_sched_yield, SYS_sched_getaffinity, SYS_getpid, SYS_gettid, SYS_set_robust_list, SYS_rseq,
    SYS_exit, SYS_exit_group, SYS_clock_gettime, SYS_clock_getres, SYS_clock_nanosleep, SYS_nanosleep,
    SYS_gettimeofday, SYS_getrandom, SYS_getrusage, SYS_sysinfo, SYS_restart_syscall,
#ifdef SYS_poll
    SYS_poll,
#endif
#ifdef SYS_time
    SYS_time,
#endif
};

/// How many `covey_allowed_call` knows.
static const int covey_allowed_count = sizeof(covey_allowed_calls) / sizeof(covey_allowed_calls[0]);

/// The number of an allowed system call.
static inline int covey_allowed_call(int index) { return covey_allowed_calls[index]; }

/// System calls that are allowed for some arguments.
static const int covey_call_mmap = SYS_mmap;
static const int covey_call_mprotect = SYS_mprotect;
static const int covey_call_clone = SYS_clone;
static const int covey_call_clone3 = SYS_clone3;
static const int covey_call_prctl = SYS_prctl;
static const int covey_call_prlimit = SYS_prlimit64;
static const int covey_call_tgkill = SYS_tgkill;

/// Whether the filter refuses a system call. It is made without sense, so that it does nothing where it is let through.
static inline int covey_refuses(long number) {
    errno = 0;
    return syscall(number, -1L, 0L, 0L, 0L, 0L, 0L) == -1 && errno == EPERM;
}

/// Whether the filter refuses to make a process.
static inline int covey_refuses_processes(void) {
    errno = 0;
    long child = syscall(SYS_clone, (long)SIGCHLD, 0L, 0L, 0L, 0L);
    if (child == 0) _exit(0);
    return child == -1 && errno == EPERM;
}

/// Whether the filter refuses memory that can be executed.
static inline int covey_refuses_executable(void) {
    errno = 0;
    void *place = mmap(0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return place == MAP_FAILED && errno == EPERM;
}

/// System calls that reach out of the process, by name, for a probe.
static const struct { const char *name; int number; } covey_probes[] = {
    {"openat", SYS_openat}, {"openat2", SYS_openat2}, {"socket", SYS_socket}, {"socketpair", SYS_socketpair},
    {"connect", SYS_connect}, {"bind", SYS_bind}, {"sendmsg", SYS_sendmsg}, {"execve", SYS_execve},
    {"execveat", SYS_execveat}, {"kill", SYS_kill}, {"tkill", SYS_tkill}, {"ptrace", SYS_ptrace},
    {"process_vm_readv", SYS_process_vm_readv}, {"unlinkat", SYS_unlinkat}, {"mkdirat", SYS_mkdirat},
    {"linkat", SYS_linkat}, {"mount", SYS_mount}, {"chroot", SYS_chroot}, {"setns", SYS_setns},
    {"unshare", SYS_unshare}, {"memfd_create", SYS_memfd_create}, {"io_uring_setup", SYS_io_uring_setup},
    {"bpf", SYS_bpf}, {"keyctl", SYS_keyctl}, {"userfaultfd", SYS_userfaultfd}, {"setuid", SYS_setuid},
    {"prlimit64", SYS_prlimit64}, {"pidfd_open", SYS_pidfd_open}, {"shmget", SYS_shmget}, {"ioctl", SYS_ioctl},
    {"fcntl", SYS_fcntl}, {"dup", SYS_dup}, {"pipe2", SYS_pipe2}, {"eventfd2", SYS_eventfd2},
    {"perf_event_open", SYS_perf_event_open}, {"mknodat", SYS_mknodat}, {"getdents64", SYS_getdents64},
    {"statx", SYS_statx}, {"readlinkat", SYS_readlinkat}, {"faccessat", SYS_faccessat},
};

/// How many probes there are.
static const int covey_probe_count = sizeof(covey_probes) / sizeof(covey_probes[0]);

/// The name of a probe.
static inline const char *covey_probe_name(int index) { return covey_probes[index].name; }

/// Whether the filter refuses what a probe tries.
static inline int covey_probe_is_refused(int index) {
    // To read a limit is allowed, so that the probe must try to set one.
    if (covey_probes[index].number == SYS_prlimit64) {
        errno = 0;
        return syscall(SYS_prlimit64, 0L, 0L, 8L, 0L) == -1 && errno == EPERM;
    }
    return covey_refuses(covey_probes[index].number);
}
