/// Whether two numbers agree to a relative accuracy.
func agree(_ value: Double, _ reference: Double, within relative: Double) -> Bool {
  (value - reference).magnitude <= relative * reference.magnitude
}
