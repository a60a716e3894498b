#pragma once
#include <algorithm>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "lamina/autodiff/arena.hpp"
#include "lamina/autodiff/borrowed.hpp"
#include "lamina/core/list.hpp"
#include "lamina/core/per_thread.hpp"

// The recorded graph. Every recorded value has a number, its trace; traces increase in the order of computation. A
// tensor stores its trace and no pointer into the graph, so that tensors that outlive a tape keep no graph alive. Nodes
// are linked in order and are allocated consecutively in memory that is reused: traversal and destruction are loops.

namespace lamina {

template <class Scalar>
class Gradients;

namespace detail {

template <class S>
class Recorder;

/// The reason why the gradient of a value is computed: to pass it on to other values, or because it was requested. (Not
/// a character type, which may alias any memory.)
enum class Need : unsigned char { none, intermediate, requested };

/// A recorded operation: its inputs, its outputs, and the gradient closure.
template <class S>
struct Node {  // null members are not adjacent: otherwise they would be written together, with the widest vector stores
  Node* previous;
  Node* next = nullptr;
  void* closure;
  void (*backward)(Node*, Gradients<S>&) = nullptr;
  std::uint64_t first_output;
  void (*destroy)(Node*) = nullptr;
  std::uint32_t outputs, inputs;

  /// The traces of the inputs, stored after the node.
  std::uint64_t* input_traces() noexcept { return reinterpret_cast<std::uint64_t*>(this + 1); }
  const std::uint64_t* input_traces() const noexcept { return reinterpret_cast<const std::uint64_t*>(this + 1); }
};

/// The graph recorded by the tapes of one thread. `active()` is null if nothing is recorded, which is the only check of
/// an operation outside of tapes.
template <class S>
class Recorder {
 public:
  static Recorder* active() noexcept { return active_slot(); }
  static LAMINA_ALWAYS_INLINE Recorder& of_this_thread() { return PerThread<Recorder>::get(); }
  /// True if a tape is open.
  bool in_use() const noexcept { return depth_ > 0; }
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  /// Returns the trace of `t` if operations on it are recorded, otherwise 0.
  std::uint64_t watched(const Borrowed<S>& t) const noexcept {
    return t.trace() >= watched_from_ && t.trace() < next_ ? t.trace() : 0;
  }
  bool watches(const Borrowed<S>& t) const noexcept { return watched(t) != 0; }
  /// True if the value belongs to the open tapes, even if they are paused.
  bool contains(std::uint64_t trace) const noexcept { return trace >= first_ && trace < next_; }
  /// Returns a trace for a value that no operation computes: a watched tensor or a variable.
  std::uint64_t new_leaf() noexcept { return next_++; }

  /// Returns the trace of a variable on the open tapes. It is assigned at the first use.
  std::uint64_t leaf_of(std::uint32_t variable, std::uint64_t serial) {
    if (variable >= variable_leaves_.size() || capturing_) [[unlikely]]
      return leaf_of_slowly(variable, serial);
    VariableLeaf& known = variable_leaves_[variable];
    if (known.serial != serial || known.leaf < first_) known = {next_++, serial};
    return known.leaf;
  }
  /// Returns the last trace of a variable, which may be of tapes that have ended; 0 if it was never used.
  std::uint64_t last_leaf_of(std::uint32_t variable, std::uint64_t serial) const noexcept {
    if (variable >= variable_leaves_.size()) return 0;
    const VariableLeaf& known = variable_leaves_[variable];
    return known.serial == serial ? known.leaf : 0;
  }

  /// Appends a node. Its outputs have the traces `first_output` to `first_output + outputs - 1`.
  Node<S>* new_node(std::uint32_t outputs, std::uint32_t inputs) {
    void* memory = arena_.take(sizeof(Node<S>) + inputs * sizeof(std::uint64_t), alignof(Node<S>));
    auto* node = ::new (memory) Node<S>;
    node->outputs = outputs;
    node->inputs = inputs;
    node->first_output = next_;
    next_ += outputs;
    node->previous = last_node_;
    last_node_ = node;
    *link_ = node;
    link_ = &node->next;
    return node;
  }
  /// Constructs the closure returned by `make()` in place.
  template <class Make>
  LAMINA_ALWAYS_INLINE void attach(Node<S>* node, const Make& make, void (*backward)(Node<S>*, Gradients<S>&)) {
    using Closure = decltype(make());
    node->closure = ::new (arena_.take(sizeof(Closure), alignof(Closure))) Closure(make());
    node->backward = backward;
    node->destroy = [](Node<S>* n) { static_cast<Closure*>(n->closure)->~Closure(); };
  }
  /// Destroys the closure of a node, and with it the saved tensors.
  static void release(Node<S>* node) noexcept {
    if (node->destroy != nullptr) node->destroy(node);
    node->destroy = nullptr;
    node->backward = nullptr;
  }
  /// Removes all nodes from `link` on.
  void free_nodes(Node<S>** link) noexcept {
    for (Node<S>* node = *link; node != nullptr; node = node->next) release(node);
    unlink_released(link);
  }
  /// Removes nodes from `link` on whose closures are destroyed.
  void unlink_released(Node<S>** link) noexcept {
    if (*link == nullptr) return;
    last_node_ = (*link)->previous;
    *link = nullptr;
    link_ = link;
  }

  // Tapes are closed in reverse order. The graph lives until the outermost tape is closed. If all outer tapes are
  // paused for the lifetime of a tape, its part of the graph lives until that tape is closed.
  Recorder& open_tape() noexcept {
    if (depth_++ == 0) first_ = watched_from_ = next_;
    update();
    return *this;
  }
  void close_tape() noexcept {
    if (--depth_ == 0) clear();
    update();
  }
  /// Closes a tape whose outer tapes were paused, and frees its nodes, from `link` on, and its memory, from `mark` on.
  void close_tape(Node<S>** link, const Arena::Mark& mark) noexcept {
    --depth_;
    free_nodes(link);
    arena_.go_back_to(mark);
    update();
  }
  int depth() const noexcept { return depth_; }
  /// The number of open tapes that record.
  int recording() const noexcept { return depth_ - paused_; }
  /// Pauses one of the open tapes. Returns the argument for `restore`.
  int pause() noexcept {
    const int before = paused_;
    if (paused_ < depth_) ++paused_;
    update();
    return before;
  }
  /// Pauses all open tapes; a tape opened later records. Returns the argument for `restore`.
  int suspend() noexcept {
    const int before = std::exchange(paused_, depth_);
    update();
    return before;
  }
  void restore(int paused) noexcept {
    paused_ = paused;
    update();
  }

  // Pauses recording like `suspend`, and captures the recorded variables and values that are used until `end_capture`,
  // each once. An outer capture includes the values of a nested one.
  struct Capture {
    int paused;
    bool inside_another;
    std::size_t first, first_of_other;
    std::uint64_t start_of_other;
  };
  Capture begin_capture() noexcept {
    const Capture capture{paused_, capturing_, captured_.size(), std::exchange(captured_from_, captured_.size()),
                          std::exchange(capture_start_, next_)};
    capturing_ = true;
    suspend();
    return capture;
  }
  bool capturing() const noexcept { return capturing_; }
  LAMINA_NOINLINE void capture(const Borrowed<S>& used) {
    if (contains(used.trace()) && used.trace() < capture_start_) capture(used.trace());
  }
  void end_capture(const Capture& capture) noexcept {
    capturing_ = capture.inside_another;
    watched_from_ = first_;
    captured_from_ = capture.first_of_other;
    capture_start_ = capture.start_of_other;
    std::size_t kept = capture.first;
    for (std::size_t i = capture.first; capturing_ && i < captured_.size(); ++i)
      if (!is_captured(captured_[i], capture.first)) captured_[kept++] = captured_[i];
    captured_.resize(kept);
    restore(capture.paused);
  }
  /// The traces captured since `begin_capture`.
  const std::uint64_t* captured(const Capture& capture) const noexcept { return captured_.data() + capture.first; }
  std::size_t captured_count(const Capture& capture) const noexcept { return captured_.size() - capture.first; }

  Node<S>* last_node() const noexcept { return last_node_; }
  /// The link to the next node.
  Node<S>** link() const noexcept { return link_; }
  std::uint64_t next() const noexcept { return next_; }
  Arena::Mark mark() const noexcept { return arena_.mark(); }

  /// Work memory for one traversal, reused by later ones. Traversals can be nested.
  struct Scratch {
    std::vector<Tensor<S>> gradients;  // all undefined between traversals
    List<Need> needs;                  // all `none` between traversals
    List<std::size_t> indices;
    List<std::uint64_t> outer;

    void make_room(std::size_t count) {
      if (count > room_) [[unlikely]]
        grow(count + count / 2);
    }
    LAMINA_COLD void clear() noexcept {
      for (Tensor<S>& gradient : gradients) TensorAccess::reset(gradient);
      std::fill(needs.begin(), needs.end(), Need::none);
    }

   private:
    LAMINA_COLD void grow(std::size_t count) {
      gradients.resize(count);
      needs.resize(count);
      indices.resize(count);
      outer.resize(count);
      room_ = count;
    }
    std::size_t room_ = 0;
  };
  Scratch& enter_traversal() {
    if (traversals_ == scratch_.size()) [[unlikely]]
      add_scratch();
    return *scratch_[traversals_++];
  }
  void leave_traversal() noexcept { --traversals_; }

 private:
  friend class PerThread<Recorder>;
  Recorder() : first_(thread_prefix()), next_(first_), watched_from_(first_) {}
  ~Recorder() { clear(); }
  void update() noexcept {
    active_slot() = depth_ > paused_ ? this : nullptr;
    if (capturing_) [[unlikely]]
      update_capturing();
  }
  void update_capturing() noexcept {
    watched_from_ = depth_ > paused_ ? first_ : ~std::uint64_t{0};
    active_slot() = this;
  }
  void clear() noexcept {
    free_nodes(&first_node_);
    first_ = watched_from_ = next_;
    arena_.reset();
  }
  LAMINA_NOINLINE void add_scratch() { scratch_.push_back(std::make_unique<Scratch>()); }
  bool is_captured(std::uint64_t trace, std::size_t end) const noexcept {
    for (std::size_t i = captured_from_; i < end; ++i)
      if (captured_[i] == trace) return true;
    return false;
  }
  LAMINA_COLD std::uint64_t leaf_of_slowly(std::uint32_t variable, std::uint64_t serial) {
    if (variable >= variable_leaves_.size()) variable_leaves_.resize(variable + 16);
    const bool was_capturing = std::exchange(capturing_, false);
    const std::uint64_t leaf = leaf_of(variable, serial);
    capturing_ = was_capturing;
    if (was_capturing) capture(leaf);
    return leaf;
  }
  LAMINA_NOINLINE void capture(std::uint64_t trace) {
    if (!is_captured(trace, captured_.size())) captured_.push_back(trace);
  }
  static Recorder*& active_slot() noexcept {
    static constinit thread_local Recorder* slot = nullptr;
    return slot;
  }
  // Traces of different threads are disjoint: a value recorded on one thread is a constant on another.
  LAMINA_COLD static std::uint64_t thread_prefix() {
    static std::atomic<std::uint64_t> threads{0};
    return (threads.fetch_add(1, std::memory_order_relaxed) << 44) + 1;
  }

  std::uint64_t first_;
  std::uint64_t next_;
  std::uint64_t watched_from_;  // first_, or the largest number while values are captured but not recorded
  Node<S>* first_node_ = nullptr;
  Node<S>* last_node_ = nullptr;
  Node<S>** link_ = &first_node_;
  int depth_ = 0;
  int paused_ = 0;
  bool capturing_ = false;
  List<std::uint64_t> captured_;
  std::size_t captured_from_ = 0;
  std::uint64_t capture_start_ = 0;
  Arena arena_;
  // The number of a destroyed variable is reused, its serial is not.
  struct VariableLeaf {
    std::uint64_t leaf = 0, serial = 0;
  };
  List<VariableLeaf> variable_leaves_;
  List<std::unique_ptr<Scratch>> scratch_;
  std::size_t traversals_ = 0;
};

/// `add_in_place` for a tensor whose nonzero rows are tracked: adds only these.
template <class S>
void add_rows_in_place(Tensor<S>& into, const Tensor<S>& from) {
  const TouchedRows& rows = *TensorAccess::rows(from);
  const auto width = static_cast<Index>(rows.row_bytes() / sizeof(S));
  TouchedRows* known = TensorAccess::rows(into);
  if (known != nullptr && known->row_bytes() != rows.row_bytes()) known = nullptr;
  if (!TensorAccess::is_unique(into)) {
    if (known != nullptr) {
      Tensor<S> sum = TensorAccess::zeros_by_rows<S>(into.shape(), width);
      add_rows_in_place(sum, into);
      into = std::move(sum);
      known = TensorAccess::rows(into);
    } else {
      into = into.copy();
    }
  }
  if (known != nullptr)
    for (const Index row : rows)
      if (!known->touch(row)) {
        known = nullptr;
        break;
      }
  if (known == nullptr) TensorAccess::forget_rows(into);
  S* const out = TensorAccess::data(into);
  for (const Index row : rows) {
    S* LAMINA_RESTRICT to = out + row * width;
    const S* more = from.data() + row * width;
    for (Index i = 0; i < width; ++i) to[i] += more[i];
  }
  TensorAccess::set_trace(into, 0);
}

/// Adds `from` to `into` element-wise, in place if no other handle refers to the memory of `into`.
template <class S>
void add_in_place(Tensor<S>& into, const Tensor<S>& from) {
  if (TensorAccess::rows(from) != nullptr) [[unlikely]]
    return add_rows_in_place(into, from);
  if (!TensorAccess::is_unique(into)) into = into.copy();
  TensorAccess::forget_rows(into);
  S* LAMINA_RESTRICT out = TensorAccess::data(into);
  const S* in = from.data();
  for (Index i = 0, n = into.size(); i < n; ++i) out[i] += in[i];
  TensorAccess::set_trace(into, 0);
}

}  // namespace detail

LAMINA_COMPILED_CLASS(detail::Recorder);

}  // namespace lamina
