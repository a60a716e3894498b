// ctest: --epochs 1
// Looks ahead in a noisy signal with an LSTM, and compares with saying that things stay as they are. Writes
// sequence.gnuplot, and where there is gnuplot sequence.png: the signal that was still to come, and what was said of
// it.
//   sequence [--epochs N]
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <lamina/lamina.hpp>
#include <string_view>

using namespace lamina;

constexpr Index length = 48, ahead = 12;  // how many steps the model sees, and how far from their end it looks
constexpr Index wave = 25;                // the steps of the larger wave
constexpr float noise = 0.15f;

// Two waves that never meet in the same way again, and noise.
Tensor<float> signal(Index count) {
  const Eigen::ArrayXf t = Eigen::ArrayXf::LinSpaced(count, 0, static_cast<float>(count - 1));
  const Tensor<float> waves = (t / 4).sin() + (t / 2.3f).cos() * (t / 90).sin();
  return waves + noise * random_normal({count});
}

// Every stretch of the series, and the value that comes `ahead` of its end.
Samples<float> stretches(const Tensor<float>& series) {
  std::vector<Index> seen, wanted;
  for (Index first = 0; first + length + ahead <= series.size(); ++first) {
    for (Index step = 0; step < length; ++step) seen.push_back(first + step);
    wanted.push_back(first + length + ahead - 1);
  }
  return {reshape(gather(series, seen), {-1, length, 1}), reshape(gather(series, wanted), {-1, 1})};
}

double rmse(const Tensor<float>& a, const Tensor<float>& b) { return std::sqrt(mean(square(a - b)).item()); }

// What gnuplot makes a picture of.
void write_plot(const char* path, const Tensor<float>& truth, const Tensor<float>& said) {
  std::ofstream file(path);
  file << "$points << END\n";
  for (Index i = 0; i < truth.size(); ++i) file << truth[i] << " " << said[i] << "\n";
  file << "END\nset terminal png size 1200, 400\nset output 'sequence.png'\n"
       << "plot $points using 1 with points pointtype 7 pointsize 0.5 title 'signal', "
       << "$points using 2 with lines linewidth 2 title 'said " << ahead << " steps before'\n";
}

int main(int argc, char** argv) {
  Index epochs = 20;
  if (argc > 2 && argv[1] == std::string_view("--epochs")) epochs = std::atoi(argv[2]);
  const Tensor<float> series = signal(4000);
  const Samples<float> past = stretches(series.rows_view(0, 3500)), future = stretches(series.rows_view(3500, 4000));

  Sequential model{Input({length, 1}), LSTM(32), Dense(1)};
  model.compile({.optimizer = Adam({.learning_rate = 3e-3}), .loss = "mse"});
  model.fit(past.x, past.y, {.epochs = epochs, .validation_split = 0.1});

  const Tensor<float> said = model.predict(future.x);
  const auto seen = [&](Index step) { return reshape(slice(future.x, {0, step, 0}, {-1, 1, 1}), {-1, 1}); };
  std::cout << "Typical error (RMSE) of what is said " << ahead << " steps before: " << rmse(said, future.y)
            << ". Of saying that nothing changes: " << rmse(seen(length - 1), future.y)
            << ", that the last wave comes again: " << rmse(seen(length + ahead - 1 - wave), future.y)
            << ". The noise alone: " << noise << ".\n";

  write_plot("sequence.gnuplot", future.y, said);
  std::cout << (std::system("gnuplot sequence.gnuplot") == 0 ? "See sequence.png.\n"
                                                             : "Without gnuplot there is no sequence.png.\n");
}
