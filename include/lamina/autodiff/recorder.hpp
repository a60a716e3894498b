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

// The recorded graph. Every value that a tape knows has a number (its trace), increasing in the order of computation; a
// tensor carries the number, and nothing else, so handles kept after a tape has ended hold no graph. Nodes lie one
// behind the other in memory that is used again, linked in order: traversal and destruction are loops.

namespace lamina {

template <class Scalar>
class Gradients;

namespace detail {

template <class S>
class Recorder;

/// Why a value's gradient is computed: for others' sake, or as a result. (Not a character, which the compiler takes to
/// change whatever it is near.)
enum class Need : unsigned char { none, passed_on, wanted };

/// One recorded operation: which values went in and came out, and the gradient's closure behind the header.
template <class S>
struct Node {  // what is null at first stands apart: side by side it would be written at once, in the widest registers
  Node* previous;
  Node* next = nullptr;
  void* closure;
  void (*backward)(Node*, Gradients<S>&) = nullptr;
  std::uint64_t first_output;
  void (*destroy)(Node*) = nullptr;
  std::uint32_t outputs, inputs;

  /// The numbers of its inputs lie right behind it.
  std::uint64_t* input_traces() noexcept { return reinterpret_cast<std::uint64_t*>(this + 1); }
  const std::uint64_t* input_traces() const noexcept { return reinterpret_cast<const std::uint64_t*>(this + 1); }
};

/// The values of one thread's tapes. `active()` is null where nothing is to be recorded, which is all that an operation
/// outside a tape has to find out.
template <class S>
class Recorder {
 public:
  static Recorder* active() noexcept { return active_slot(); }
  static LAMINA_ALWAYS_INLINE Recorder& of_this_thread() { return PerThread<Recorder>::get(); }
  /// While a tape is open.
  bool in_use() const noexcept { return depth_ > 0; }
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  /// The number of `t` where an operation on it is recorded, otherwise 0.
  std::uint64_t watched(const Borrowed<S>& t) const noexcept {
    return t.trace() >= watched_from_ && t.trace() < next_ ? t.trace() : 0;
  }
  bool watches(const Borrowed<S>& t) const noexcept { return watched(t) != 0; }
  /// Whether the open tapes know `t`, though they may be paused.
  bool knows(std::uint64_t trace) const noexcept { return trace >= first_ && trace < next_; }
  /// A number for a new value that no operation computes: a watched tensor, a variable.
  std::uint64_t new_leaf() noexcept { return next_++; }

  /// The number under which a variable is known to the open tapes, given at its first use.
  std::uint64_t leaf_of(std::uint32_t variable, std::uint64_t serial) {
    if (variable >= variable_leaves_.size() || capturing_) [[unlikely]]
      return leaf_of_slowly(variable, serial);
    VariableLeaf& known = variable_leaves_[variable];
    if (known.serial != serial || known.leaf < first_) known = {next_++, serial};
    return known.leaf;
  }
  /// The number that a variable was given last, perhaps on tapes that have ended; 0 for one not used yet.
  std::uint64_t last_leaf_of(std::uint32_t variable, std::uint64_t serial) const noexcept {
    if (variable >= variable_leaves_.size()) return 0;
    const VariableLeaf& known = variable_leaves_[variable];
    return known.serial == serial ? known.leaf : 0;
  }

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
  /// `make()` gives the closure, which comes to be where it stays.
  template <class Make>
  LAMINA_ALWAYS_INLINE void attach(Node<S>* node, const Make& make, void (*backward)(Node<S>*, Gradients<S>&)) {
    using Closure = decltype(make());
    node->closure = ::new (arena_.take(sizeof(Closure), alignof(Closure))) Closure(make());
    node->backward = backward;
    node->destroy = [](Node<S>* n) { static_cast<Closure*>(n->closure)->~Closure(); };
  }
  /// Lets go of what a node has saved for its gradient.
  static void release(Node<S>* node) noexcept {
    if (node->destroy != nullptr) node->destroy(node);
    node->destroy = nullptr;
    node->backward = nullptr;
  }
  /// Lets go of all nodes from one place in their order on.
  void forget(Node<S>** link) noexcept {
    for (Node<S>* node = *link; node != nullptr; node = node->next) release(node);
    forget_released(link);
  }
  /// The same where what they have saved is gone.
  void forget_released(Node<S>** link) noexcept {
    if (*link == nullptr) return;
    last_node_ = (*link)->previous;
    *link = nullptr;
    link_ = link;
  }

  // Tapes open and close like brackets. The graph lives as long as the outermost, or, where the tapes around one are
  // paused all its life, as long as that one.
  Recorder& open_tape() noexcept {
    if (depth_++ == 0) first_ = watched_from_ = next_;
    update();
    return *this;
  }
  void close_tape() noexcept {
    if (--depth_ == 0) clear();
    update();
  }
  /// The same for one inside of others that recorded alone, from this place in the order of nodes and this memory on.
  void close_tape(Node<S>** link, const Arena::Mark& mark) noexcept {
    --depth_;
    forget(link);
    arena_.go_back_to(mark);
    update();
  }
  int depth() const noexcept { return depth_; }
  /// How many of the open tapes record.
  int recording() const noexcept { return depth_ - paused_; }
  /// One of them stops; returns what `restore` needs.
  int pause() noexcept {
    const int before = paused_;
    if (paused_ < depth_) ++paused_;
    update();
    return before;
  }
  /// All that are open now stop; a tape opened meanwhile records.
  int suspend() noexcept {
    const int before = std::exchange(paused_, depth_);
    update();
    return before;
  }
  void restore(int paused) noexcept {
    paused_ = paused;
    update();
  }

  // Suspends recording, too, and captures the variables and values of the tapes that are used until `end_capture`, each
  // once. What a nested capture finds also belongs to the outer one.
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
    if (knows(used.trace()) && used.trace() < capture_start_) capture(used.trace());
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
  /// The traces of what was captured since `begin_capture`.
  const std::uint64_t* captured(const Capture& capture) const noexcept { return captured_.data() + capture.first; }
  std::size_t captured_count(const Capture& capture) const noexcept { return captured_.size() - capture.first; }

  Node<S>* last_node() const noexcept { return last_node_; }
  /// Where the next node will be linked to.
  Node<S>** link() const noexcept { return link_; }
  std::uint64_t next() const noexcept { return next_; }
  Arena::Mark mark() const noexcept { return arena_.mark(); }

  /// Room for one traversal, used again by the next; traversals may nest.
  struct Scratch {
    std::vector<Tensor<S>> gradients;  // between traversals undefined, all of them
    List<Need> needs;                  // and these `none`
    List<std::size_t> places;
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
      places.resize(count);
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
      update_noting();
  }
  void update_noting() noexcept {
    watched_from_ = depth_ > paused_ ? first_ : ~std::uint64_t{0};
    active_slot() = this;
  }
  void clear() noexcept {
    forget(&first_node_);
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
  // Numbers of different threads never meet: a value traced on one thread is a constant on another.
  LAMINA_COLD static std::uint64_t thread_prefix() {
    static std::atomic<std::uint64_t> threads{0};
    return (threads.fetch_add(1, std::memory_order_relaxed) << 44) + 1;
  }

  std::uint64_t first_;
  std::uint64_t next_;
  std::uint64_t watched_from_;  // first_, or beyond all numbers while variables are only noted
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
  // A variable's number is used again after its end, its serial is not.
  struct VariableLeaf {
    std::uint64_t leaf = 0, serial = 0;
  };
  List<VariableLeaf> variable_leaves_;
  List<std::unique_ptr<Scratch>> scratch_;
  std::size_t traversals_ = 0;
};

/// The same where it is known which rows of `from` are not zero: only these are added.
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

/// Adds `from` to `into`, element by element, in the memory of `into` where nobody else holds it.
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
