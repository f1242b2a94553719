/// The figures of a study of gradient accuracy: one panel for each layer.
struct AccuracyFigures {
  let result: AccuracyResult
  /// Start of the names of the figures' files.
  let stem: String

  /// Up to the next power of ten.
  private var samplesAxis: Figure.Axis {
    let largest = AccuracySizes.upTo(result.gradientSamples).last ?? 1
    let end = [10, 100, 1000].first { $0 >= largest } ?? 10_000
    return Figure.Axis("samples M in a mean", logarithmic: true, range: 1...Double(end))
  }

  var cosine: Figure {
    Figure(
      name: stem + "-cosine",
      alternativeText:
        "Mean cosine similarity with the exact gradient against the samples in a mean, for each layer",
      caption: """
        Cosine similarity of M-sample means with the exact gradient: mean over blocks as a line, their 15 % to 85 % quantiles \
        as a band.\(publishedNote)
        """,
      panels: panels(y: Figure.Axis("cosine similarity")) { layer in
        bands(layer) + lines(layer, value: \.cosine) + published(.cosine, layer)
      })
  }

  var relativeRMSE: Figure {
    Figure(
      name: stem + "-rmse",
      alternativeText: "Relative root mean squared error against the samples in a mean, for each layer",
      caption: """
        Relative RMSE of M-sample means, sqrt(mean ||g - exact||² / ||exact||²). Without bias it falls as 1 / sqrt(M); a curve \
        that levels off shows its bias.\(publishedNote)
        """,
      panels: panels(y: Figure.Axis("relative RMSE", logarithmic: true)) { layer in
        lines(layer, value: \.relativeRMSE) + published(.relativeRMSE, layer)
      })
  }

  private var publishedNote: MarkdownText { result.comparison == nil ? "" : " Circles: published values." }

  private func panels(y: Figure.Axis, series: (Int) -> [FigureSeries]) -> [Figure.Panel] {
    let layers = result.gradientNorms.indices
    return Figure.smallMultiples(
      of: Array(layers), title: { AccuracyReport.layerTitle($0, of: layers.count) }, x: samplesAxis, y: y,
      series: series)
  }

  private func lines(_ layer: Int, value: (AccuracyResult.Row) -> Double) -> [FigureSeries] {
    result.estimators.enumerated().map { index, estimator in
      FigureSeries(
        estimator, .line, .number(index),
        result.rows(of: estimator, layer: layer).map { .init(Double($0.samples), value($0)) })
    }
  }

  private func bands(_ layer: Int) -> [FigureSeries] {
    result.estimators.enumerated().map { index, estimator in
      FigureSeries(
        "", .band, .number(index),
        result.rows(of: estimator, layer: layer).map {
          .init(Double($0.samples), $0.cosine, low: $0.cosineLow, high: $0.cosineHigh)
        })
    }
  }

  private func published(_ quantity: AccuracyQuantity, _ layer: Int) -> [FigureSeries] {
    guard let comparison = result.comparison else { return [] }
    return result.estimators.enumerated().map { index, estimator in
      FigureSeries(
        "", .openPoints, .number(index),
        comparison.cells.filter {
          $0.quantity == quantity && $0.layer == layer && $0.estimator == estimator
        }.map { FigureSeries.Point(Double($0.samples), $0.published) })
    }
  }
}
