//go:build !race

package workbook

// scale divides the size of hostile files and the limit that they are read with.
const scale = 1
