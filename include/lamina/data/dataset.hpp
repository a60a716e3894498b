#pragma once
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "lamina/data/batches.hpp"

namespace lamina {

/// An input pipeline: a stream of samples or batches from memory or from a generator function, and the transformations
/// applied to it. TensorFlow's `tf.data.Dataset`.
///
///     const auto data = Dataset<float>::from_tensors(x, y).shuffle(1000).batch(32).prefetch(2);
///     model.fit(data, {.epochs = 5});
///
/// Elements are Samples: single samples (with a batch axis of size 1) before `batch`, batches after it. Each
/// transformation returns a new Dataset and does not change this one; copies are cheap.
template <class Scalar = float>
class Dataset : public BatchSource<Scalar> {
 public:
  /// An element of the stream.
  using Element = Samples<Scalar>;
  /// Returns the next element of a pass in each call; std::nullopt at the end.
  using Generator = std::function<std::optional<Element>()>;

  /// Returns a dataset whose elements are the rows of x with their targets and sample weights; each argument may be a
  /// list of tensors. Inputs of shape (samples,) become (samples, 1). Throws ShapeError for a scalar x and ValueError
  /// if the numbers of samples differ.
  static Dataset from_tensors(const TensorList<Scalar>& x, const TensorList<Scalar>& y = {},
                              const TensorList<Scalar>& sample_weight = {}) {
    if (x.rank() == 0) raise<ShapeError>("Dataset: expected inputs of shape (samples, ...), got a scalar");
    const Index n = x.shape()[0];
    const TensorList<Scalar> samples = x.transformed([](const Tensor<Scalar>& t) {
      return t.rank() == 1 ? detail::TensorAccess::with_shape(t, {t.size(), 1}) : t.detached();
    });
    for (const TensorList<Scalar>* list : {&samples, &y, &sample_weight})
      for (std::size_t i = 0; i < list->count(); ++i)
        if (const Tensor<Scalar>& t = list->at(i); t.defined() && (t.rank() == 0 || t.shape()[0] != n))
          raise<ValueError>("Dataset: expected inputs, targets and weights of ", n, " samples, as in x, got shape ",
                            t.shape());
    const auto detached = [](const Tensor<Scalar>& t) { return t.detached(); };
    return Dataset(
        n, [all = Element{samples, y.transformed(detached), sample_weight.transformed(detached)}, n](std::uint64_t) {
          return Generator([all, n, i = Index{0}]() mutable -> std::optional<Element> {
            if (i == n) return std::nullopt;
            ++i;
            return detail::rows_of(all, i - 1, i);
          });
        });
  }
  /// Returns a dataset of the elements that a Generator yields. `open()` returns a new Generator and is called once per
  /// pass. `count` is the number of elements of a pass; 0 if it is unknown.
  template <class Open>
  static Dataset from_generator(Open open, Index count = 0) {
    return Dataset(count, [open](std::uint64_t) { return Generator(open()); });
  }

  /// Shuffles the elements, differently in each pass: each element is drawn at random from a buffer of the next
  /// `buffer` elements. `seed` is the seed of the order; by default that of set_random_seed at the start of the pass.
  /// Throws ValueError if buffer < 1.
  Dataset shuffle(Index buffer, std::optional<std::uint64_t> seed = std::nullopt) const {
    require_positive("shuffle, buffer", buffer);
    // A second shuffle uses other random streams.
    const std::uint64_t streams = (std::uint64_t{3} << 60) + (std::uint64_t{shuffles_} << 56);
    Dataset shuffled = derived(count_, [open = open_, buffer, seed, streams](std::uint64_t pass) {
      struct State {
        Generator source;
        std::vector<Element> buffered;
        RandomStream random;
        std::uint64_t drawn = 0;
      };
      const RandomStream random(seed.value_or(random_seed()), streams + pass);
      auto state = std::make_shared<State>(State{open(pass), {}, random});
      return Generator([state, buffer]() -> std::optional<Element> {
        while (static_cast<Index>(state->buffered.size()) < buffer && state->source) {
          std::optional<Element> element = state->source();
          if (element)
            state->buffered.push_back(std::move(*element));
          else
            state->source = nullptr;
        }
        if (state->buffered.empty()) return std::nullopt;
        const auto i = static_cast<std::size_t>(state->random.below(state->drawn++, state->buffered.size()));
        std::swap(state->buffered[i], state->buffered.back());
        Element element = std::move(state->buffered.back());
        state->buffered.pop_back();
        return element;
      });
    });
    shuffled.shuffles_ = (shuffles_ + 1) % 16;
    return shuffled;
  }

  /// Replaces each element by `f(element)`, which returns an Element.
  template <class F>
  Dataset map(F f) const {
    return derived(count_, [open = open_, f](std::uint64_t pass) {
      return Generator([source = open(pass), f]() -> std::optional<Element> {
        std::optional<Element> element = source();
        if (element) element = f(std::move(*element));
        return element;
      });
    });
  }

  /// Concatenates each `size` consecutive elements along the first axis. The last batch may be smaller; if
  /// `drop_remainder`, it is dropped. Throws ValueError if size < 1, and, during the pass, ShapeError or ValueError if
  /// elements differ in shape, number or names of tensors.
  Dataset batch(Index size, bool drop_remainder = false) const {
    require_positive("batch, size", size);
    const Index count = count_ == 0 ? 0 : drop_remainder ? count_ / size : (count_ + size - 1) / size;
    return derived(count, [open = open_, size, drop_remainder](std::uint64_t pass) {
      return Generator([source = open(pass), size, drop_remainder]() -> std::optional<Element> {
        std::vector<Element> parts;
        while (static_cast<Index>(parts.size()) < size) {
          std::optional<Element> element = source();
          if (!element) break;
          parts.push_back(std::move(*element));
        }
        if (parts.empty() || (drop_remainder && static_cast<Index>(parts.size()) < size)) return std::nullopt;
        return Element{concatenated(parts, &Element::x), concatenated(parts, &Element::y),
                       concatenated(parts, &Element::sample_weight)};
      });
    });
  }

  /// Repeats the elements `times` times in one pass; -1 repeats them without end, and `fit` then requires
  /// steps_per_epoch. Throws ValueError for other numbers < 1.
  Dataset repeat(Index times = -1) const {
    if (times == 0 || times < -1) raise<ValueError>("Dataset, repeat: expected times >= 1, or -1, got ", times);
    return derived(times < 0 ? 0 : count_ * times, [open = open_, times](std::uint64_t pass) {
      struct State {
        Generator source;
        Index round = 0;
        bool any = false;
      };
      auto state = std::make_shared<State>(State{open(pass)});
      return Generator([state, open, times, pass]() -> std::optional<Element> {
        for (;;) {
          std::optional<Element> element = state->source();
          if (element) {
            state->any = true;
            return element;
          }
          if (!state->any || ++state->round == times) return std::nullopt;
          state->source = open(pass + (static_cast<std::uint64_t>(state->round) << 32));
        }
      });
    });
  }

  /// Keeps only the first `count` elements. Throws ValueError if count < 0.
  Dataset take(Index count) const {
    if (count < 0) raise<ValueError>("Dataset, take: expected count >= 0, got ", count);
    const Index known = count_ == 0 ? count : (std::min)(count, count_);
    return derived(known, [open = open_, count](std::uint64_t pass) {
      return Generator([source = open(pass), left = count]() mutable -> std::optional<Element> {
        if (left == 0) return std::nullopt;
        --left;
        return source();
      });
    });
  }

  /// Computes up to `buffer` elements in advance on a separate thread; if the system cannot start a thread, each
  /// element is computed when it is requested. Rethrows an exception of the pipeline when its element is requested.
  /// Throws ValueError if buffer < 1.
  Dataset prefetch(Index buffer) const {
    require_positive("prefetch, buffer", buffer);
    return derived(count_, [open = open_, buffer](std::uint64_t pass) {
      auto prefetcher = std::make_shared<Prefetcher>(open(pass), buffer);
      return Generator([prefetcher] { return prefetcher->take(); });
    });
  }

  /// Returns a Generator of the elements of one pass, for a custom loop.
  Generator generator(std::uint64_t pass = 0) const { return open_(pass); }

  Index steps() const override { return count_; }
  std::unique_ptr<BatchCursor<Scalar>> open() const override { return std::make_unique<Cursor>(open_); }

 private:
  using Open = std::function<Generator(std::uint64_t pass)>;
  Dataset(Index count, Open open) : count_(count), open_(std::move(open)) {}

  /// A dataset with a transformed stream.
  Dataset derived(Index count, Open open) const {
    Dataset result(count, std::move(open));
    result.shuffles_ = shuffles_;
    return result;
  }

  static void require_positive(const char* what, Index value) {
    if (value < 1) raise<ValueError>("Dataset, ", what, ": expected an integer >= 1, got ", value);
  }

  static TensorList<Scalar> concatenated(const std::vector<Element>& parts, TensorList<Scalar> Element::*which) {
    const TensorList<Scalar>& first = parts.front().*which;
    for (const Element& part : parts)
      if ((part.*which).names() != first.names())
        raise<ValueError>("Dataset, batch: expected elements with equal names of their tensors, got different ones. ",
                          "Use the same names in the same order in all elements.");
    std::vector<Tensor<Scalar>> all;
    for (std::size_t i = 0; i < first.count(); ++i) all.push_back(concatenated(parts, which, i));
    return TensorList<Scalar>(std::move(all)).with_names_of(first);
  }
  static Tensor<Scalar> concatenated(const std::vector<Element>& parts, TensorList<Scalar> Element::*which,
                                     std::size_t i) {
    const Tensor<Scalar>& first = (parts.front().*which).at(i);
    if (!first.defined()) return {};
    Shape shape = first.shape();
    Index rows = 0;
    for (const Element& part : parts) {
      if ((part.*which).count() <= i)
        raise<ShapeError>("Dataset, batch: expected elements of ", (parts.front().*which).count(),
                          " tensors, as the first, got one of ", (part.*which).count());
      const Tensor<Scalar>& t = (part.*which).at(i);
      if (!t.defined() || t.rank() != shape.rank() || t.shape().with(0, 1) != shape.with(0, 1))
        raise<ShapeError>("Dataset, batch: expected elements of equal shape except for the first axis, got ", shape,
                          " and ", t.defined() ? t.shape() : Shape());
      rows += t.shape()[0];
    }
    Tensor<Scalar> all = Tensor<Scalar>::empty(shape.with(0, rows));
    Scalar* to = all.mutable_data();
    for (const Element& part : parts) {
      const Tensor<Scalar>& t = (part.*which).at(i);
      to = std::copy(t.data(), t.data() + t.size(), to);
    }
    return all;
  }

  class Cursor : public BatchCursor<Scalar> {
   public:
    explicit Cursor(Open open) : open_(std::move(open)) {}
    void restart(std::uint64_t pass) override { source_ = open_(pass); }
    const Samples<Scalar>* next() override {
      if (!source_) return nullptr;
      current_ = source_();
      if (!current_) source_ = nullptr;
      return current_ ? &*current_ : nullptr;
    }

   private:
    Open open_;
    Generator source_;
    std::optional<Element> current_;
  };

  /// Computes elements in advance on a thread; without a thread, in `take`.
  class Prefetcher {
   public:
    Prefetcher(Generator source, Index buffer) : source_(std::move(source)), buffer_(static_cast<std::size_t>(buffer)) {
      thread_ = detail::start_thread([this] { run(); });
    }
    ~Prefetcher() {
      if (!thread_.joinable()) return;
      {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
      }
      changed_.notify_all();
      thread_.join();
    }
    Prefetcher(const Prefetcher&) = delete;
    Prefetcher& operator=(const Prefetcher&) = delete;

    std::optional<Element> take() {
      if (!thread_.joinable()) return source_();
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return !ready_.empty() || ended_; });
      if (ready_.empty()) {
#if LAMINA_HAS_EXCEPTIONS
        if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
#endif
        return std::nullopt;
      }
      std::optional<Element> element = std::move(ready_.front());
      ready_.pop_front();
      lock.unlock();
      changed_.notify_all();
      return element;
    }

   private:
    void run() {
#if LAMINA_HAS_EXCEPTIONS
      try {
        make();
      } catch (...) {
        const std::lock_guard lock(mutex_);
        failure_ = std::current_exception();
      }
#else
      make();
#endif
      {
        const std::lock_guard lock(mutex_);
        ended_ = true;
      }
      changed_.notify_all();
    }
    void make() {
      for (;;) {
        std::optional<Element> element = source_();
        if (!element) return;
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return ready_.size() < buffer_ || stopping_; });
        if (stopping_) return;
        ready_.push_back(std::move(*element));
        lock.unlock();
        changed_.notify_all();
      }
    }

    Generator source_;
    std::size_t buffer_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Element> ready_;
    bool ended_ = false, stopping_ = false;
    std::exception_ptr failure_;
    std::thread thread_;
  };

  Index count_;
  Open open_;
  unsigned shuffles_ = 0;  // number of shuffles in the pipeline
};

}  // namespace lamina
