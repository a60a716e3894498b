#pragma once
#include "lamina/layers/base/layer_argument.hpp"
#include "lamina/layers/rnn/recurrent_cell.hpp"

namespace lamina {

/// Constructs the cell that a configuration describes; defined in layers/rnn/rnn.hpp.
template <class S>
std::shared_ptr<RecurrentCell<S>> cell_from_config(const Config& config);

/// Stacks cells to one cell: the input of each cell is the output of the previous one. The states are those of all
/// cells in order. Keras's `keras.layers.StackedRNNCells`.
/// Shapes: x as the first cell, y as the last cell. Throws a ValueError without cells.
///
///     RNN(StackedRNNCells(LSTMCell(32), GRUCell(16)))
template <class Scalar = float>
class StackedRNNCells : public RecurrentCell<Scalar> {
 public:
  using Cell = RecurrentCell<Scalar>;  ///< Type of the cells.
  using typename Cell::States;

  /// Stacks cells, which are moved in or passed as std::shared_ptrs.
  template <detail::LayerArgumentFor<Cell> First, detail::LayerArgumentFor<Cell>... Rest>
    requires(sizeof...(Rest) > 0 || !std::is_same_v<std::remove_cvref_t<First>, StackedRNNCells>)
  explicit StackedRNNCells(First&& first, Rest&&... rest)
      : StackedRNNCells(
            std::vector<std::shared_ptr<Cell>>{detail::make_shared_layer<Cell>(std::forward<First>(first)),
                                               detail::make_shared_layer<Cell>(std::forward<Rest>(rest))...}) {}
  /// Stacks a list of cells.
  LAMINA_COLD explicit StackedRNNCells(std::vector<std::shared_ptr<Cell>> cells) : Cell({}), cells_(std::move(cells)) {
    if (cells_.empty()) raise<ValueError>("StackedRNNCells: expected at least one cell, got none");
    for (const auto& cell : cells_) {
      if (cell == nullptr) raise<ValueError>("StackedRNNCells: expected a cell, got a null pointer");
      this->track(*cell);
    }
  }
  /// Moves the cells and their weights.
  StackedRNNCells(StackedRNNCells&& other) noexcept : Cell(std::move(other)), cells_(std::move(other.cells_)) {
    for (const auto& cell : cells_) this->track(*cell);  // at the same address as before, and as built as before
    this->set_built(cells_.front()->built() && !this->build_shape().empty());
  }

  std::string class_name() const override { return "StackedRNNCells"; }
  LAMINA_COLD Config get_config() const override {
    Config config = Layer<Scalar>::get_config();
    Config cells = Config::list();
    for (const auto& cell : cells_) cells.push_back(named_config(cell->class_name(), cell->get_config()));
    config["cells"] = std::move(cells);
    return config;
  }
  /// Constructs the cell that `get_config` describes.
  static StackedRNNCells from_config(const Config& config) {
    std::vector<std::shared_ptr<Cell>> cells;
    for (const Config& cell : config.at("cells").elements()) cells.push_back(cell_from_config<Scalar>(cell));
    return StackedRNNCells(std::move(cells));
  }
  std::shared_ptr<Cell> clone() const override {
    std::vector<std::shared_ptr<Cell>> cells;
    for (const auto& cell : cells_) cells.push_back(cell->clone());
    return std::make_shared<StackedRNNCells>(std::move(cells));
  }

  LAMINA_COLD void build(const Shape& input) override {
    each(input, [](const Cell& cell, const Shape& in, std::vector<Shape> states) {
      states.insert(states.begin(), in);
      cell.ensure_built(states);
    });
  }
  CellOutput<Scalar> step(const Tensor<Scalar>& x, const States& states) const override {
    CellOutput<Scalar> result{x, {}};
    auto next = states.begin();
    each(x.shape(), [&](const Cell& cell, const Shape&, const std::vector<Shape>& shapes) {
      const auto end = next + static_cast<std::ptrdiff_t>(shapes.size());
      CellOutput<Scalar> output = cell.step(result.output, States(next, end));
      next = end;
      result.output = std::move(output.output);
      result.states.insert(result.states.end(), output.states.begin(), output.states.end());
    });
    return result;
  }
  /// Applies each cell to the whole sequence before the next cell. The result is the same as step by step: the output
  /// of a masked step has no effect, because the step is masked in all cells.
  SequenceOutput<Scalar> run(const Tensor<Scalar>& x, const States& states, const Tensor<Scalar>& mask,
                             const SequenceOptions& options) const override {
    SequenceOutput<Scalar> result{x, {}};
    auto next = states.begin();
    SequenceOptions each_options = options;
    Tensor<Scalar> each_mask = mask;
    each(this->without_steps(x.shape()), [&](const Cell& cell, const Shape&, const std::vector<Shape>& shapes) {
      const auto end = states.empty() ? next : next + static_cast<std::ptrdiff_t>(shapes.size());
      const bool last = &cell == cells_.back().get();
      each_options.return_sequences = options.return_sequences || !last;
      SequenceOutput<Scalar> output = cell.run(result.y, States(next, end), each_mask, each_options);
      // The output of the first cell is already in the order in which the steps are processed.
      if (each_options.go_backwards && mask.defined() && !last) each_mask = reversed(mask);
      each_options.go_backwards = false;
      next = end;
      result.y = std::move(output.y);
      result.states.insert(result.states.end(), output.states.begin(), output.states.end());
    });
    return result;
  }

  std::vector<Shape> state_shapes(const Shape& input) const override {
    std::vector<Shape> all;
    each(input, [&](const Cell&, const Shape&, const std::vector<Shape>& states) {
      all.insert(all.end(), states.begin(), states.end());
    });
    return all;
  }
  Shape output_shape(const Shape& input) const override {
    return each(input, [](const Cell&, const Shape&, const std::vector<Shape>&) {});
  }
  States initial_states(const Shape& input) const override {
    States all;
    each(input, [&](const Cell& cell, const Shape& in, const std::vector<Shape>&) {
      for (Tensor<Scalar>& state : cell.initial_states(in)) all.push_back(std::move(state));
    });
    return all;
  }

 private:
  /// Calls `f` with each cell, the shape of its input and the shapes of its states. Returns the shape of the last
  /// output.
  template <class F>
  Shape each(Shape input, const F& f) const {
    for (const auto& cell : cells_) {
      f(*cell, input, cell->state_shapes(input));
      input = cell->output_shape(input);
    }
    return input;
  }
  static Tensor<Scalar> reversed(const Tensor<Scalar>& mask) {
    std::vector<Index> steps;
    for (Index t = mask.shape()[1]; t-- > 0;) steps.push_back(t);
    return gather(mask, steps, 1);
  }
  std::vector<std::shared_ptr<Cell>> cells_;
};

template <class First, class... Rest>
StackedRNNCells(First&&, Rest&&...) -> StackedRNNCells<detail::layer_argument_scalar<First>>;

}  // namespace lamina
