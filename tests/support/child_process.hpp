#pragma once
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <optional>

#if (defined(__unix__) || defined(__APPLE__)) && !defined(__EMSCRIPTEN__)
#define LAMINA_TEST_HAS_CHILD_PROCESSES 1
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#else
#define LAMINA_TEST_HAS_CHILD_PROCESSES 0
#endif

#if LAMINA_TEST_HAS_CHILD_PROCESSES
namespace lamina::testing_support {

/// What happens in a process that writes more bytes to a file than it may.
enum class FullDisk { is_an_error, kills_the_process };

/// Limits the size of files that this process writes: a disk that becomes full.
inline void limit_file_size(std::size_t bytes, FullDisk when_full) {
  const rlimit no_core{0, 0}, size{bytes, bytes};
  setrlimit(RLIMIT_CORE, &no_core);
  std::signal(SIGXFSZ, when_full == FullDisk::is_an_error ? SIG_IGN : SIG_DFL);
  setrlimit(RLIMIT_FSIZE, &size);
}

/// Starts a process that calls `f`, which returns its exit code.
inline pid_t start_child(const std::function<int()>& f) {
  const pid_t child = fork();
  if (child == 0) {
    int code = 125;
    try {
      code = f();
    } catch (...) {  // the exit code says it
    }
    _exit(code);
  }
  return child;
}
/// Waits for a process; returns its exit code, or none if a signal killed it.
inline std::optional<int> wait_for(pid_t child) {
  int status = 0;
  if (waitpid(child, &status, 0) != child || !WIFEXITED(status)) return std::nullopt;
  return WEXITSTATUS(status);
}

}  // namespace lamina::testing_support
#endif
