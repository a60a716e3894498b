#pragma once
#include <memory>
#include <optional>

#include "lamina/core/random.hpp"
#include "lamina/data/tensor_list.hpp"
#include "lamina/kernels/gather_rows.hpp"

namespace lamina {

/// Samples, their targets, and what each sample counts; the last two may be undefined. Each is a tensor, or a list of
/// tensors where a model has several inputs or outputs.
template <class Scalar>
struct Samples {
  TensorList<Scalar> x = {};
  TensorList<Scalar> y = {};
  TensorList<Scalar> sample_weight = {};
};

/// Goes through the batches of a BatchSource, as often as asked.
template <class Scalar>
class BatchCursor {
 public:
  virtual ~BatchCursor() = default;
  /// Goes back to the first batch. `pass` counts the passes, and decides the order where samples are shuffled.
  virtual void restart(std::uint64_t pass) = 0;
  /// The next batch, valid until the call after; null at the end of the pass.
  virtual const Samples<Scalar>* next() = 0;
};

/// What `fit`, `evaluate` and `predict` take their batches from.
template <class Scalar>
class BatchSource {
 public:
  virtual ~BatchSource() = default;
  /// How many batches a pass has; 0 where nobody knows.
  virtual Index steps() const = 0;
  virtual std::unique_ptr<BatchCursor<Scalar>> open() const = 0;
};

namespace detail {
template <class Scalar>
LAMINA_COLD Samples<Scalar> rows_of(const Samples<Scalar>& samples, Index first, Index last) {
  const auto rows = [&](const Tensor<Scalar>& t) { return t.rows_view(first, last); };
  return {samples.x.transformed(rows), samples.y.transformed(rows), samples.sample_weight.transformed(rows)};
}
}  // namespace detail

struct ArrayBatchOptions {
  Index batch_size = 32;                             ///< Number of samples of a batch; the last may have fewer.
  bool shuffle = false;                              ///< If true, takes the samples in another order in every pass.
  std::optional<std::uint64_t> seed = std::nullopt;  ///< Seed of the order. Default: that of set_random_seed.
};

/// Batches of samples that lie in memory.
template <class Scalar>
class ArrayBatches : public BatchSource<Scalar> {
 public:
  LAMINA_COLD ArrayBatches(Samples<Scalar> samples, ArrayBatchOptions options)
      : samples_(std::move(samples)), options_(options) {
    if (samples_.x.rank() == 0)
      raise<ShapeError>("ArrayBatches: expected samples along the first axis, got a single number");
    if (options_.batch_size < 1) raise<ValueError>("ArrayBatches: expected batch_size >= 1, got ", options_.batch_size);
    count_ = samples_.x.shape()[0];
    for (const TensorList<Scalar>* list : {&samples_.x, &samples_.y, &samples_.sample_weight})
      for (std::size_t i = 0; i < list->count(); ++i)
        if (const Tensor<Scalar>& t = list->at(i); t.defined() && (t.rank() == 0 || t.shape()[0] != count_))
          raise<ValueError>("ArrayBatches: there are ", count_, " samples, but inputs, targets or weights of shape ",
                            t.shape());
  }
  Index steps() const override { return (count_ + options_.batch_size - 1) / options_.batch_size; }
  std::unique_ptr<BatchCursor<Scalar>> open() const override { return std::make_unique<Cursor>(*this); }

  class Cursor : public BatchCursor<Scalar> {
   public:
    explicit Cursor(const ArrayBatches& batches) : batches_(batches) {}
    void restart(std::uint64_t pass) override {
      at_ = 0;
      // With all samples in one batch their order changes nothing.
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
    // Shuffling draws from streams of its own.
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
