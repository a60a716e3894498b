#pragma once
#include <cstdint>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "lamina/core/tensor.hpp"

// The recorded graph. Every value that a tape knows has a number (its trace), increasing in the order of computation; a
// tensor carries the number, and nothing else, so handles kept after a tape has ended hold no graph. Nodes lie one
// behind the other in memory that is used again, linked in order: traversal and destruction are loops.

namespace lamina {

template <class Scalar>
class Gradients;

namespace detail {

template <class S>
class Recorder;

/// One recorded operation: which values went in and came out, and the gradient's closure behind the header.
template <class S>
struct Node {
  Node* previous = nullptr;
  Node* next = nullptr;
  void (*backward)(Node*, Gradients<S>&) = nullptr;
  void (*destroy)(Node*) = nullptr;
  void* closure = nullptr;
  std::uint64_t first_output = 0;
  std::uint32_t outputs = 0;
  std::uint32_t inputs = 0;
  std::uint64_t* input_traces = nullptr;
};

/// Memory handed out piece after piece and taken back all at once.
class Arena {
 public:
  LAMINA_ALWAYS_INLINE void* take(std::size_t bytes, std::size_t alignment) {
    // Every piece ends where the next may begin, unless that one asks for more than usual.
    const std::size_t rounded = (bytes + usual - 1) / usual * usual;
    if (alignment > usual || rounded > static_cast<std::size_t>(end_ - cursor_)) [[unlikely]]
      return take_slowly(rounded, alignment);
    return std::exchange(cursor_, cursor_ + rounded);
  }
  void reset() noexcept { go_back_to({}); }

  /// How far the memory is used, to take back what is handed out from there on.
  struct Mark {
    std::size_t chunk = 0, used = 0;
  };
  Mark mark() const noexcept {
    return {current_, cursor_ == nullptr ? 0 : static_cast<std::size_t>(cursor_ - chunks_[current_].memory.get())};
  }
  void go_back_to(const Mark& mark) noexcept {
    current_ = mark.chunk;
    open_chunk();
    if (cursor_ != nullptr) cursor_ += mark.used;
  }

 private:
  static constexpr std::size_t usual = 16;
  static constexpr std::size_t chunk_bytes = std::size_t{64} << 10;

  LAMINA_NOINLINE void* take_slowly(std::size_t bytes, std::size_t alignment) {
    for (;;) {
      if (current_ < chunks_.size()) {
        const std::size_t used = static_cast<std::size_t>(cursor_ - chunks_[current_].memory.get());
        const std::size_t start = (used + alignment - 1) / alignment * alignment;
        if (start + bytes <= chunks_[current_].size) {
          cursor_ = chunks_[current_].memory.get() + start + bytes;
          return cursor_ - bytes;
        }
        if (used > 0) {
          ++current_;
          open_chunk();
          continue;
        }
      }
      const std::size_t size = bytes + alignment > chunk_bytes ? bytes + alignment : chunk_bytes;
      chunks_.insert(chunks_.begin() + static_cast<std::ptrdiff_t>(current_), Chunk{make_chunk(size), size});
      open_chunk();
    }
  }
  void open_chunk() noexcept {
    const bool there = current_ < chunks_.size();
    cursor_ = there ? chunks_[current_].memory.get() : nullptr;
    end_ = there ? cursor_ + chunks_[current_].size : nullptr;
  }
  struct Free {
    void operator()(std::byte* memory) const { ::operator delete (memory, std::align_val_t{64}); }
  };
  using Memory = std::unique_ptr<std::byte[], Free>;
  static Memory make_chunk(std::size_t size) {
    return Memory(static_cast<std::byte*>(::operator new (size, std::align_val_t{64})));
  }
  struct Chunk {
    Memory memory;
    std::size_t size;
  };
  std::vector<Chunk> chunks_;
  std::size_t current_ = 0;
  std::byte* cursor_ = nullptr;
  std::byte* end_ = nullptr;
};

/// The values of one thread's tapes. `active()` is null where nothing is to be recorded, which is all that an operation
/// outside a tape has to find out.
template <class S>
class Recorder {
 public:
  static Recorder* active() noexcept { return active_slot(); }
  static Recorder& of_this_thread() {
    static thread_local Recorder recorder;
    return recorder;
  }
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  /// Whether an operation on `t` is recorded.
  bool watches(const Tensor<S>& t) const noexcept {
    const std::uint64_t trace = TensorAccess::trace(t);
    return trace >= watched_from_ && trace < next_;
  }
  /// Whether the open tapes know `t`, though they may be paused.
  bool knows(const Tensor<S>& t) const noexcept {
    const std::uint64_t trace = TensorAccess::trace(t);
    return trace >= first_ && trace < next_;
  }
  /// A number for a new value that no operation computes: a watched tensor, a variable.
  std::uint64_t new_leaf() noexcept { return next_++; }

  /// The number under which a variable is known to the open tapes, given at its first use.
  std::uint64_t leaf_of(std::uint32_t variable, std::uint64_t serial) {
    if (variable >= variable_leaves_.size()) variable_leaves_.resize(variable + 16);
    VariableLeaf& known = variable_leaves_[variable];
    if (known.serial != serial || known.leaf < first_ || known.leaf >= next_) known = {next_++, serial};
    if (noting_) [[unlikely]]
      note(known.leaf);
    return known.leaf;
  }
  /// The same, but 0 for a variable not used yet.
  std::uint64_t known_leaf_of(std::uint32_t variable, std::uint64_t serial) const noexcept {
    if (variable >= variable_leaves_.size()) return 0;
    const VariableLeaf& known = variable_leaves_[variable];
    return known.serial == serial && known.leaf >= first_ && known.leaf < next_ ? known.leaf : 0;
  }

  Node<S>* new_node(std::uint32_t outputs, std::uint32_t inputs) {
    void* memory = arena_.take(sizeof(Node<S>) + inputs * sizeof(std::uint64_t), alignof(Node<S>));
    auto* node = ::new (memory) Node<S>;
    node->input_traces = reinterpret_cast<std::uint64_t*>(node + 1);
    node->outputs = outputs;
    node->inputs = inputs;
    node->first_output = next_;
    next_ += outputs;
    node->previous = last_node_;
    (last_node_ != nullptr ? last_node_->next : first_node_) = node;
    last_node_ = node;
    return node;
  }
  template <class Given>
  void attach(Node<S>* node, Given&& closure, void (*backward)(Node<S>*, Gradients<S>&)) {
    using Closure = std::remove_cvref_t<Given>;
    node->closure = ::new (arena_.take(sizeof(Closure), alignof(Closure))) Closure(std::forward<Given>(closure));
    node->backward = backward;
    node->destroy = [](Node<S>* n) { static_cast<Closure*>(n->closure)->~Closure(); };
  }
  /// Lets go of what a node has saved for its gradient.
  static void release(Node<S>* node) noexcept {
    if (node->destroy != nullptr) node->destroy(node);
    node->destroy = nullptr;
    node->backward = nullptr;
  }

  // Tapes open and close like brackets. The graph lives as long as the outermost, or, where the tapes around one are
  // paused all its life, as long as that one.
  void open_tape() noexcept {
    if (depth_++ == 0) first_ = watched_from_ = next_;
    update();
  }
  void close_tape() noexcept {
    if (--depth_ == 0) clear();
    update();
  }
  /// The same for one inside of others that recorded alone, from this node and this memory on.
  void close_tape(Node<S>* last_before, const Arena::Mark& mark) noexcept {
    --depth_;
    forget(last_before, mark);
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

  // The same, but what is used meanwhile that the tapes know from before, variables and values, is noted, each once.
  // What is noted during a time inside of another belongs to both.
  struct Noting {
    int paused;
    bool inside_another;
    std::size_t first, first_of_other;
    std::uint64_t start_of_other;
  };
  Noting begin_noting() noexcept {
    const Noting noting{paused_, noting_, notes_.size(), std::exchange(noted_from_, notes_.size()),
                        std::exchange(noting_start_, next_)};
    noting_ = true;
    suspend();
    return noting;
  }
  bool noting() const noexcept { return noting_; }
  void note(const Tensor<S>& used) {
    if (knows(used) && TensorAccess::trace(used) < noting_start_) note(TensorAccess::trace(used));
  }
  void end_noting(const Noting& noting) noexcept {
    noting_ = noting.inside_another;
    watched_from_ = first_;
    noted_from_ = noting.first_of_other;
    noting_start_ = noting.start_of_other;
    std::size_t kept = noting.first;
    for (std::size_t i = noting.first; noting_ && i < notes_.size(); ++i)
      if (!is_noted(notes_[i], noting.first)) notes_[kept++] = notes_[i];
    notes_.resize(kept);
    restore(noting.paused);
  }
  /// The numbers of what was used since noting began.
  const std::uint64_t* noted(const Noting& noting) const noexcept { return notes_.data() + noting.first; }
  std::size_t noted_count(const Noting& noting) const noexcept { return notes_.size() - noting.first; }

  Node<S>* last_node() const noexcept { return last_node_; }
  Node<S>* first_node() const noexcept { return first_node_; }
  std::uint64_t next() const noexcept { return next_; }
  Arena::Mark mark() const noexcept { return arena_.mark(); }

  /// Room for the gradients of one traversal, used again by the next; traversals may nest.
  struct Scratch {
    std::vector<Tensor<S>> gradients;
    std::vector<unsigned char> needed;
    std::vector<std::uint64_t> sources, outer;
  };
  Scratch& enter_traversal() {
    if (traversals_ == scratch_.size()) scratch_.push_back(std::make_unique<Scratch>());
    return *scratch_[traversals_++];
  }
  void leave_traversal() noexcept { --traversals_; }

 private:
  Recorder() : first_(thread_prefix()), next_(first_), watched_from_(first_) {}
  ~Recorder() { clear(); }
  void update() noexcept {
    active_slot() = depth_ > paused_ ? this : nullptr;
    if (noting_) [[unlikely]]
      update_noting();
  }
  LAMINA_NOINLINE void update_noting() noexcept {
    watched_from_ = depth_ > paused_ ? first_ : ~std::uint64_t{0};
    active_slot() = this;
  }
  void clear() noexcept {
    for (Node<S>* node = last_node_; node != nullptr; node = node->previous) release(node);
    first_node_ = last_node_ = nullptr;
    first_ = watched_from_ = next_;
    arena_.reset();
  }
  void forget(Node<S>* last_before, const Arena::Mark& mark) noexcept {
    for (Node<S>* node = last_node_; node != last_before; node = node->previous) release(node);
    last_node_ = last_before;
    (last_before != nullptr ? last_before->next : first_node_) = nullptr;
    arena_.go_back_to(mark);
  }
  bool is_noted(std::uint64_t trace, std::size_t end) const noexcept {
    for (std::size_t i = noted_from_; i < end; ++i)
      if (notes_[i] == trace) return true;
    return false;
  }
  LAMINA_NOINLINE void note(std::uint64_t trace) {
    if (!is_noted(trace, notes_.size())) notes_.push_back(trace);
  }
  static Recorder*& active_slot() noexcept {
    static constinit thread_local Recorder* slot = nullptr;
    return slot;
  }
  // Numbers of different threads never meet: a value traced on one thread is a constant on another.
  static std::uint64_t thread_prefix() {
    static std::atomic<std::uint64_t> threads{0};
    return (threads.fetch_add(1, std::memory_order_relaxed) << 44) + 1;
  }

  std::uint64_t first_;
  std::uint64_t next_;
  std::uint64_t watched_from_;  // first_, or beyond all numbers while variables are only noted
  Node<S>* first_node_ = nullptr;
  Node<S>* last_node_ = nullptr;
  int depth_ = 0;
  int paused_ = 0;
  bool noting_ = false;
  std::vector<std::uint64_t> notes_;
  std::size_t noted_from_ = 0;
  std::uint64_t noting_start_ = 0;
  Arena arena_;
  // A variable's number is used again after its end, its serial is not.
  struct VariableLeaf {
    std::uint64_t leaf = 0, serial = 0;
  };
  std::vector<VariableLeaf> variable_leaves_;
  std::vector<std::unique_ptr<Scratch>> scratch_;
  std::size_t traversals_ = 0;
};

/// The same where it is known which rows of `from` are not zero: only these are added.
template <class S>
LAMINA_NOINLINE void add_rows_in_place(Tensor<S>& into, const Tensor<S>& from) {
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

/// The gradients on their way back, as a node's closure sees them: which of its inputs want one, and where to put it.
template <class Scalar>
class Gradients {
  using Recorder = detail::Recorder<Scalar>;

 public:
  /// Whether input `i` of the operation leads to something that a gradient is asked for.
  bool needs(std::size_t i) const noexcept { return need(node_->input_traces[i]) != 0; }

  /// Adds a gradient for input `i`; ignored where none is needed.
  void add(std::size_t i, Tensor<Scalar>&& gradient) {
    const std::size_t at = position(node_->input_traces[i]);
    if (at < count_ && needed_[at] != 0) add_to(at, std::move(gradient));
  }
  void add(std::size_t i, const Tensor<Scalar>& gradient) { add(i, Tensor<Scalar>(gradient)); }

  /// The gradient that arrived for output `k`; undefined where none did.
  const Tensor<Scalar>& output(std::uint32_t k) const { return slots_[position(node_->first_output + k)]; }

  /// Whether the backward pass is itself recorded, by an outer tape.
  static bool recorded() noexcept {
    const Recorder* recorder = Recorder::active();
    return recorder != nullptr && recorder->recording() > 0;
  }

 private:
  template <class>
  friend class GradientTape;
  template <class>
  friend class Recording;
  using Node = detail::Node<Scalar>;

  // A traversal's slots: first those of values known before the tape began (the few that are asked for), then the
  // tape's own.
  Gradients(std::uint64_t start, const std::uint64_t* outer, std::size_t outer_count, Tensor<Scalar>* slots,
            const unsigned char* needed, std::size_t count) noexcept
      : start_(start), outer_(outer), outer_count_(outer_count), slots_(slots), needed_(needed), count_(count) {}

  LAMINA_ALWAYS_INLINE std::size_t position(std::uint64_t trace) const noexcept {
    if (trace >= start_) [[likely]]
      return static_cast<std::size_t>(trace - start_) + outer_count_;
    return position_outside(trace);
  }
  LAMINA_NOINLINE std::size_t position_outside(std::uint64_t trace) const noexcept {
    for (std::size_t i = 0; i < outer_count_; ++i)
      if (outer_[i] == trace) return i;
    return ~std::size_t{0};
  }
  LAMINA_ALWAYS_INLINE unsigned char need(std::uint64_t trace) const noexcept {
    const std::size_t at = position(trace);
    return at < count_ ? needed_[at] : static_cast<unsigned char>(0);
  }
  Tensor<Scalar>& slot(std::uint64_t trace) noexcept { return slots_[position(trace)]; }
  LAMINA_ALWAYS_INLINE void add_to(std::size_t at, Tensor<Scalar>&& gradient) {
    if (!slots_[at].defined())
      slots_[at] = std::move(gradient);
    else
      accumulate(slots_[at], gradient);
  }

  LAMINA_NOINLINE static void accumulate(Tensor<Scalar>& sum, const Tensor<Scalar>& gradient) {
    Recorder* recorder = Recorder::active();
    if (recorder != nullptr && (recorder->watches(sum) || recorder->watches(gradient))) {
      // sum = a + b, recorded: both receive the gradient of the sum
      Tensor<Scalar> total = Tensor<Scalar>::empty(sum.shape());
      Scalar* LAMINA_RESTRICT out = detail::TensorAccess::data(total);
      const Scalar *a = sum.data(), *b = gradient.data();
      for (Index i = 0, n = total.size(); i < n; ++i) out[i] = a[i] + b[i];
      Node* node = recorder->new_node(1, 2);
      node->input_traces[0] = recorder->watches(sum) ? detail::TensorAccess::trace(sum) : 0;
      node->input_traces[1] = recorder->watches(gradient) ? detail::TensorAccess::trace(gradient) : 0;
      recorder->attach(node, 0, [](Node*, Gradients& g) {
        g.add(0, g.output(0));
        g.add(1, g.output(0));
      });
      detail::TensorAccess::set_trace(total, node->first_output);
      sum = std::move(total);
    } else {
      detail::add_in_place(sum, gradient);
    }
  }

  std::uint64_t start_;
  const std::uint64_t* outer_;
  std::size_t outer_count_;
  Tensor<Scalar>* slots_;
  const unsigned char* needed_;
  std::size_t count_;
  Node* node_ = nullptr;
};

/// What an operation writes to be differentiable: named after its result and inputs, it is true while a tape watches
/// one of the inputs, and takes the closure that computes their gradients.
///
///     // y = a b;  da = dy b,  db = a dy
///     if (Recording<S> tape{y, a, b})
///       tape.gradient([a = tape.keep(a, 1), b = tape.keep(b, 0)](Tensor<S> dy, Gradients<S>& g) {
///         if (g.needs(0)) g.add(0, dy * b);
///         if (g.needs(1)) g.add(1, a * dy);
///       });
template <class Scalar>
class Recording {
 public:
  template <class... Inputs>
  explicit Recording(Tensor<Scalar>& output, const Inputs&... inputs) {
    Recorder* recorder = Recorder::active();
    if (recorder == nullptr) return;
    if (recorder->noting()) [[unlikely]]
      (recorder->note(inputs), ...);
    if (!(recorder->watches(inputs) || ...)) return;
    recorder_ = recorder;
    node_ = recorder->new_node(1, sizeof...(inputs));
    std::uint64_t* trace = node_->input_traces;
    ((*trace++ = recorder->watches(inputs) ? detail::TensorAccess::trace(inputs) : 0), ...);
    detail::TensorAccess::set_trace(output, node_->first_output);
  }
  /// For any number of outputs and inputs.
  Recording(Tensor<Scalar>* outputs, std::size_t output_count, const Tensor<Scalar>* inputs, std::size_t input_count) {
    Recorder* recorder = Recorder::active();
    if (recorder == nullptr) return;
    bool watched = false;
    for (std::size_t i = 0; i < input_count; ++i) {
      if (recorder->noting()) recorder->note(inputs[i]);
      watched |= recorder->watches(inputs[i]);
    }
    if (!watched) return;
    recorder_ = recorder;
    node_ = recorder->new_node(static_cast<std::uint32_t>(output_count), static_cast<std::uint32_t>(input_count));
    for (std::size_t i = 0; i < input_count; ++i)
      node_->input_traces[i] = recorder->watches(inputs[i]) ? detail::TensorAccess::trace(inputs[i]) : 0;
    for (std::size_t i = 0; i < output_count; ++i) detail::TensorAccess::set_trace(outputs[i], node_->first_output + i);
  }

  explicit operator bool() const noexcept { return node_ != nullptr; }

  /// Whether input `i` is watched.
  bool watches(std::size_t i) const noexcept { return node_->input_traces[i] != 0; }
  /// A handle to `t` for the closure if input `i`, whose gradient needs it, is watched; otherwise nothing, so that
  /// memory is not held, and a variable not shared, without need.
  Tensor<Scalar> keep(const Tensor<Scalar>& t, std::size_t i) const { return watches(i) ? t : Tensor<Scalar>(); }

  /// Whether the backward pass may itself be recorded: a tape is open around this one. What only gradients of gradients
  /// need is kept with `keep_for_higher_orders`.
  bool higher_orders() const noexcept { return recorder_->recording() > 1; }
  Tensor<Scalar> keep_for_higher_orders(const Tensor<Scalar>& t) const {
    return higher_orders() ? t : Tensor<Scalar>();
  }

  /// `closure(Tensor dy, Gradients& g)` for one output, `closure(Gradients& g)` for several.
  template <class Given>
  void gradient(Given&& closure) {
    using Closure = std::remove_cvref_t<Given>;
    recorder_->attach(node_, std::forward<Given>(closure), [](Node* node, Gradients<Scalar>& g) {
      Closure& f = *static_cast<Closure*>(node->closure);
      if constexpr (std::is_invocable_v<Closure&, Tensor<Scalar>, Gradients<Scalar>&>) {
        Tensor<Scalar>& dy = g.slot(node->first_output);
        if (g.need(node->first_output) > 1)
          f(Tensor<Scalar>(dy), g);  // asked for: it stays
        else
          f(std::move(dy), g);
      } else {
        f(g);
      }
    });
  }

 private:
  using Recorder = detail::Recorder<Scalar>;
  using Node = detail::Node<Scalar>;
  Recorder* recorder_ = nullptr;
  Node* node_ = nullptr;
};

/// While it lives, the open tapes of this thread record nothing: for values that are meant as constants.
template <class Scalar = float>
class NoGradient {
 public:
  NoGradient() : recorder_(detail::Recorder<Scalar>::of_this_thread()), paused_(recorder_.suspend()) {}
  ~NoGradient() { recorder_.restore(paused_); }
  NoGradient(const NoGradient&) = delete;
  NoGradient& operator=(const NoGradient&) = delete;

 private:
  detail::Recorder<Scalar>& recorder_;
  int paused_;
};

namespace detail {

/// The same, but it tells which variables, and which other values that the tapes know, were used meanwhile: the inputs
/// of what is computed, beside those that it is given.
template <class Scalar>
class NotedUses {
 public:
  NotedUses() : recorder_(Recorder<Scalar>::of_this_thread()), noting_(recorder_.begin_noting()) {}
  ~NotedUses() { recorder_.end_noting(noting_); }
  NotedUses(const NotedUses&) = delete;
  NotedUses& operator=(const NotedUses&) = delete;

  std::size_t size() const noexcept { return recorder_.noted_count(noting_); }
  /// A tensor without elements that tapes take for what was used.
  Tensor<Scalar> operator[](std::size_t i) const {
    Tensor<Scalar> used;
    TensorAccess::set_trace(used, recorder_.noted(noting_)[i]);
    return used;
  }

 private:
  Recorder<Scalar>& recorder_;
  typename Recorder<Scalar>::Noting noting_;
};

}  // namespace detail

LAMINA_COMPILED_CLASS(detail::Recorder);
LAMINA_COMPILED_CLASS(Gradients);
LAMINA_COMPILED_CLASS(Recording);
LAMINA_COMPILED_CLASS(NoGradient);

}  // namespace lamina
