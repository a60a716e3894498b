#pragma once
#include <memory>
#include <optional>

#include "lamina/core/random.hpp"
#include "lamina/data/tensor_list.hpp"
#include "lamina/kernels/gather_rows.hpp"

namespace lamina {

/// Inputs, targets and sample weights, one row per sample. Each is a tensor, or a list of tensors for a model with
/// several inputs or outputs.
template <class Scalar>
struct Samples {
  TensorList<Scalar> x = {};  ///< Inputs, each of shape (samples, ...).
  TensorList<Scalar> y = {};  ///< Targets, each of shape (samples, ...); may be undefined.
  /// Sample weights, each of shape (samples,) or (samples, ...); may be undefined.
  TensorList<Scalar> sample_weight = {};
};

/// Iterates over the batches of a BatchSource, for any number of passes (epochs).
template <class Scalar>
class BatchCursor {
 public:
  virtual ~BatchCursor() = default;
  /// Starts a pass at the first batch. `pass` is its number, which selects the order of shuffled samples.
  virtual void restart(std::uint64_t pass) = 0;
  /// Returns the next batch, valid until the next call; null at the end of the pass.
  virtual const Samples<Scalar>* next() = 0;
};

/// A source of batches for `fit`, `evaluate` and `predict`. A user-defined source overrides both functions.
template <class Scalar>
class BatchSource {
 public:
  virtual ~BatchSource() = default;
  /// Returns the number of batches of a pass; 0 if it is unknown.
  virtual Index steps() const = 0;
  /// Returns a cursor, which must not outlive the source. Call its `restart` first.
  virtual std::unique_ptr<BatchCursor<Scalar>> open() const = 0;
};

namespace detail {
/// The samples [first, last), as views.
template <class Scalar>
LAMINA_COLD Samples<Scalar> rows_of(const Samples<Scalar>& samples, Index first, Index last) {
  const auto rows = [&](const Tensor<Scalar>& t) { return t.rows_view(first, last); };
  return {samples.x.transformed(rows), samples.y.transformed(rows), samples.sample_weight.transformed(rows)};
}
}  // namespace detail

/// The options of ArrayBatches.
struct ArrayBatchOptions {
  Index batch_size = 32;  ///< Number of samples per batch, fewer in the last; >= 1. Default: 32.
  bool shuffle = false;   ///< If true, shuffles samples in each pass. Default: false.
  std::optional<std::uint64_t> seed = std::nullopt;  ///< Seed of the order. Default: that of set_random_seed.
};

/// Batches of tensors in memory. Full batches in order are views; shuffled ones are copies.
template <class Scalar>
class ArrayBatches : public BatchSource<Scalar> {
 public:
  /// Throws ShapeError for inputs without axes, ValueError for a batch size < 1 or tensors with different sample
  /// counts.
  LAMINA_COLD ArrayBatches(Samples<Scalar> samples, ArrayBatchOptions options)
      : samples_(std::move(samples)), options_(options) {
    if (samples_.x.rank() == 0)
      raise<ShapeError>("ArrayBatches: expected inputs of shape (samples, ...), got a scalar");
    if (options_.batch_size < 1) raise<ValueError>("ArrayBatches: expected batch_size >= 1, got ", options_.batch_size);
    count_ = samples_.x.shape()[0];
    for (const TensorList<Scalar>* list : {&samples_.x, &samples_.y, &samples_.sample_weight})
      for (std::size_t i = 0; i < list->count(); ++i)
        if (const Tensor<Scalar>& t = list->at(i); t.defined() && (t.rank() == 0 || t.shape()[0] != count_))
          raise<ValueError>("ArrayBatches: expected inputs, targets and weights of ", count_,
                            " samples, as in the first input, got shape ", t.shape());
  }
  Index steps() const override { return (count_ + options_.batch_size - 1) / options_.batch_size; }
  std::unique_ptr<BatchCursor<Scalar>> open() const override { return std::make_unique<Cursor>(*this); }

  /// The cursor that `open` returns.
  class Cursor : public BatchCursor<Scalar> {
   public:
    /// A cursor over `batches`.
    explicit Cursor(const ArrayBatches& batches) : batches_(batches) {}
    void restart(std::uint64_t pass) override {
      at_ = 0;
      // If one batch contains all samples, their order does not matter.
      shuffled_ = batches_.options_.shuffle && batches_.count_ > batches_.options_.batch_size;
      if (shuffled_)
        shuffle_positions(order_, batches_.count_,
                          RandomStream(batches_.options_.seed.value_or(random_seed()), streams + pass));
    }
    const Samples<Scalar>* next() override {
      const Index count = batches_.count_, begin = at_;
      if (begin >= count) return nullptr;
      const Index end = at_ = (std::min)(count, begin + batches_.options_.batch_size);
      const Samples<Scalar>& all = batches_.samples_;
      if (begin == 0 && end == count) return &all;
      const auto rows = [&](const Tensor<Scalar>& t) { return part(t, begin, end); };
      all.x.transform_into(batch_.x, rows);
      all.y.transform_into(batch_.y, rows);
      all.sample_weight.transform_into(batch_.sample_weight, rows);
      return &batch_;
    }

   private:
    // Shuffling uses separate random streams.
    static constexpr std::uint64_t streams = std::uint64_t{1} << 62;

    Tensor<Scalar> part(const Tensor<Scalar>& from, Index begin, Index end) const {
      if (!shuffled_) return from.rows_view(begin, end);
      Tensor<Scalar> rows = Tensor<Scalar>::empty(from.shape().with(0, end - begin));
      kernels::gather_rows(end - begin, from.size() / from.shape()[0], from.data(), order_.data() + begin,
                           detail::TensorAccess::data(rows));
      return rows;
    }
    const ArrayBatches& batches_;
    std::vector<Index> order_;
    Samples<Scalar> batch_;
    Index at_ = 0;
    bool shuffled_ = false;
  };

 private:
  Samples<Scalar> samples_;
  ArrayBatchOptions options_;
  Index count_ = 0;
};

LAMINA_COMPILED_CLASS(ArrayBatches);

}  // namespace lamina
