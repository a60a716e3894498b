// Repeatedly loads the plug-in named by its argument, computes with it and unloads it. While the plug-in's threads run, its code
// must stay loaded, also if they have not begun when it is unloaded: on one processor, a new thread waits for its creator.
#include <dlfcn.h>
#ifdef __linux__
#include <sched.h>
#endif
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <thread>

namespace {

bool compute_and_close(const char* path, bool in_a_thread) {
  void* plug_in = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (plug_in == nullptr) {
    std::fprintf(stderr, "%s\n", dlerror());
    return false;
  }
  const auto compute = reinterpret_cast<float (*)(int)>(dlsym(plug_in, "compute"));
  float result = 0;
  // A thread that ends leaves nothing that keeps the library loaded.
  if (in_a_thread)
    std::thread([&] { result = compute(4); }).join();
  else
    result = compute(4);
  dlclose(plug_in);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));  // a thread of the unloaded code would crash now
  return result == 1 << 18;
}

}  // namespace

int main(int, char** arguments) {
#ifdef __linux__
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(static_cast<std::size_t>(sched_getcpu()), &one);
  sched_setaffinity(0, sizeof one, &one);
#endif
  const char* path = arguments[1];
  for (int i = 0; i < 2; ++i)
    if (!compute_and_close(path, true) || !compute_and_close(path, false)) return 1;
  // A child has none of the threads that its parent's library started.
  const pid_t child = fork();
  if (child == 0) return compute_and_close(path, true) && compute_and_close(path, false) ? 0 : 2;
  int status = 0;
  return waitpid(child, &status, 0) == child && status == 0 ? 0 : 3;
}
