# Draw with: gnuplot rodeo-gaussian-test-bound.gp
set terminal svg size 860,356 enhanced background '#ffffff' font 'Helvetica,Arial,sans-serif,13' linewidth 1
set output 'rodeo-gaussian-test-bound.svg'
set encoding utf8
set multiplot
set style line 100 linecolor rgb '#dddddd' linewidth 0.7
set border 3 linecolor rgb '#444444' linewidth 1
set tics nomirror scale 0.6 textcolor rgb '#222222'
set grid linestyle 100
set style fill solid 0.22 noborder
set key off

set lmargin at screen 0.09767
set rmargin at screen 0.48140
set bmargin at screen 0.27528
set tmargin at screen 0.90449
set title 'rodeo-mnist-gaussian' noenhanced textcolor rgb '#222222' offset 0,-0.4
set xlabel 'steps (thousands)' noenhanced textcolor rgb '#222222' offset 0,0.3
unset logscale x
set format x '%g'
set xrange [*:*]
set ylabel 'test bound (nats)' noenhanced textcolor rgb '#222222' offset 0.5,0
unset logscale y
set format y '%g'
set yrange [-105.3027336093853:105.86111274835412]
plot 'rodeo-gaussian-test-bound.dat' index 0 using 1:2 with lines linewidth 1.8 linecolor rgb '#0072B2' notitle, \
  'rodeo-gaussian-test-bound.dat' index 1 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 7 pointsize 0.6 linecolor rgb '#0072B2' notitle, \
  'rodeo-gaussian-test-bound.dat' index 2 using 1:2 with lines linewidth 1.8 linecolor rgb '#D55E00' notitle, \
  'rodeo-gaussian-test-bound.dat' index 3 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 5 pointsize 0.6 linecolor rgb '#D55E00' notitle

set lmargin at screen 0.59767
set rmargin at screen 0.98140
set bmargin at screen 0.27528
set tmargin at screen 0.90449
set title 'rodeo-mnist-gaussian' noenhanced textcolor rgb '#222222' offset 0,-0.4
set xlabel 'time in training steps (minutes)' noenhanced textcolor rgb '#222222' offset 0,0.3
unset logscale x
set format x '%g'
set xrange [*:*]
set ylabel 'test bound (nats)' noenhanced textcolor rgb '#222222' offset 0.5,0
unset logscale y
set format y '%g'
set yrange [-105.3027336093853:105.86111274835412]
plot 'rodeo-gaussian-test-bound.dat' index 4 using 1:2 with lines linewidth 1.8 linecolor rgb '#0072B2' notitle, \
  'rodeo-gaussian-test-bound.dat' index 5 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 7 pointsize 0.6 linecolor rgb '#0072B2' notitle, \
  'rodeo-gaussian-test-bound.dat' index 6 using 1:2 with lines linewidth 1.8 linecolor rgb '#D55E00' notitle, \
  'rodeo-gaussian-test-bound.dat' index 7 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 5 pointsize 0.6 linecolor rgb '#D55E00' notitle

set lmargin at screen 0
set rmargin at screen 1
set bmargin at screen 0
set tmargin at screen 0.10112
unset title
unset xlabel
unset ylabel
unset logscale
unset border
unset tics
unset grid
set key center center horizontal reverse Left maxcols 2 noenhanced samplen 2 textcolor rgb '#222222'
plot [0:1][0:1] NaN with points pointtype 7 pointsize 0.6 linecolor rgb '#0072B2' title 'loorf:2', \
  NaN with points pointtype 5 pointsize 0.6 linecolor rgb '#D55E00' title 'rodeo:2'

unset multiplot
