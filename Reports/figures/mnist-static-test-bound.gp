# Draw with: gnuplot mnist-static-test-bound.gp
set terminal svg size 860,724 enhanced background '#ffffff' font 'Helvetica,Arial,sans-serif,13' linewidth 1
set output 'mnist-static-test-bound.svg'
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
set bmargin at screen 0.64365
set tmargin at screen 0.95304
set title 'mnist-static-linear' noenhanced textcolor rgb '#222222' offset 0,-0.4
set xlabel 'steps (thousands)' noenhanced textcolor rgb '#222222' offset 0,0.3
unset logscale x
set format x '%g'
set xrange [*:*]
set ylabel 'test bound (nats)' noenhanced textcolor rgb '#222222' offset 0.5,0
unset logscale y
set format y '%g'
set yrange [118.69510891897788:153.0097567181439]
plot 'mnist-static-test-bound.dat' index 0 using 1:2 with lines linewidth 1.8 linecolor rgb '#0072B2' notitle, \
  'mnist-static-test-bound.dat' index 1 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 7 pointsize 0.6 linecolor rgb '#0072B2' notitle, \
  'mnist-static-test-bound.dat' index 2 using 1:2 with lines linewidth 1.8 linecolor rgb '#D55E00' notitle, \
  'mnist-static-test-bound.dat' index 3 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 5 pointsize 0.6 linecolor rgb '#D55E00' notitle, \
  'mnist-static-test-bound.dat' index 4 using 1:2 with lines linewidth 1.8 linecolor rgb '#009E73' notitle, \
  'mnist-static-test-bound.dat' index 5 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 9 pointsize 0.6 linecolor rgb '#009E73' notitle, \
  'mnist-static-test-bound.dat' index 6 using 1:2 with lines linewidth 1.8 linecolor rgb '#CC79A7' notitle, \
  'mnist-static-test-bound.dat' index 7 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 11 pointsize 0.6 linecolor rgb '#CC79A7' notitle, \
  'mnist-static-test-bound.dat' index 8 using 1:2 with lines linewidth 1.8 linecolor rgb '#E69F00' notitle, \
  'mnist-static-test-bound.dat' index 9 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 13 pointsize 0.6 linecolor rgb '#E69F00' notitle, \
  'mnist-static-test-bound.dat' index 10 using 1:2 with lines linewidth 1.8 linecolor rgb '#56B4E9' notitle, \
  'mnist-static-test-bound.dat' index 11 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 6 pointsize 0.6 linecolor rgb '#56B4E9' notitle, \
  'mnist-static-test-bound.dat' index 12 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#0072B2' notitle, \
  'mnist-static-test-bound.dat' index 13 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#009E73' notitle, \
  'mnist-static-test-bound.dat' index 14 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#CC79A7' notitle, \
  'mnist-static-test-bound.dat' index 15 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#E69F00' notitle

set lmargin at screen 0.59767
set rmargin at screen 0.98140
set bmargin at screen 0.64365
set tmargin at screen 0.95304
set title 'mnist-static-linear' noenhanced textcolor rgb '#222222' offset 0,-0.4
set xlabel 'time in training steps (minutes)' noenhanced textcolor rgb '#222222' offset 0,0.3
unset logscale x
set format x '%g'
set xrange [*:*]
set ylabel 'test bound (nats)' noenhanced textcolor rgb '#222222' offset 0.5,0
unset logscale y
set format y '%g'
set yrange [118.69723893063941:152.96502647325184]
plot 'mnist-static-test-bound.dat' index 16 using 1:2 with lines linewidth 1.8 linecolor rgb '#0072B2' notitle, \
  'mnist-static-test-bound.dat' index 17 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 7 pointsize 0.6 linecolor rgb '#0072B2' notitle, \
  'mnist-static-test-bound.dat' index 18 using 1:2 with lines linewidth 1.8 linecolor rgb '#D55E00' notitle, \
  'mnist-static-test-bound.dat' index 19 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 5 pointsize 0.6 linecolor rgb '#D55E00' notitle, \
  'mnist-static-test-bound.dat' index 20 using 1:2 with lines linewidth 1.8 linecolor rgb '#009E73' notitle, \
  'mnist-static-test-bound.dat' index 21 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 9 pointsize 0.6 linecolor rgb '#009E73' notitle, \
  'mnist-static-test-bound.dat' index 22 using 1:2 with lines linewidth 1.8 linecolor rgb '#CC79A7' notitle, \
  'mnist-static-test-bound.dat' index 23 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 11 pointsize 0.6 linecolor rgb '#CC79A7' notitle, \
  'mnist-static-test-bound.dat' index 24 using 1:2 with lines linewidth 1.8 linecolor rgb '#E69F00' notitle, \
  'mnist-static-test-bound.dat' index 25 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 13 pointsize 0.6 linecolor rgb '#E69F00' notitle, \
  'mnist-static-test-bound.dat' index 26 using 1:2 with lines linewidth 1.8 linecolor rgb '#56B4E9' notitle, \
  'mnist-static-test-bound.dat' index 27 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 6 pointsize 0.6 linecolor rgb '#56B4E9' notitle

set lmargin at screen 0.09767
set rmargin at screen 0.48140
set bmargin at screen 0.20166
set tmargin at screen 0.51105
set title 'mnist-static-nonlinear' noenhanced textcolor rgb '#222222' offset 0,-0.4
set xlabel 'steps (thousands)' noenhanced textcolor rgb '#222222' offset 0,0.3
unset logscale x
set format x '%g'
set xrange [*:*]
set ylabel 'test bound (nats)' noenhanced textcolor rgb '#222222' offset 0.5,0
unset logscale y
set format y '%g'
set yrange [107.2040417948648:147.21485378547695]
plot 'mnist-static-test-bound.dat' index 28 using 1:2 with lines linewidth 1.8 linecolor rgb '#0072B2' notitle, \
  'mnist-static-test-bound.dat' index 29 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 7 pointsize 0.6 linecolor rgb '#0072B2' notitle, \
  'mnist-static-test-bound.dat' index 30 using 1:2 with lines linewidth 1.8 linecolor rgb '#D55E00' notitle, \
  'mnist-static-test-bound.dat' index 31 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 5 pointsize 0.6 linecolor rgb '#D55E00' notitle, \
  'mnist-static-test-bound.dat' index 32 using 1:2 with lines linewidth 1.8 linecolor rgb '#009E73' notitle, \
  'mnist-static-test-bound.dat' index 33 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 9 pointsize 0.6 linecolor rgb '#009E73' notitle, \
  'mnist-static-test-bound.dat' index 34 using 1:2 with lines linewidth 1.8 linecolor rgb '#CC79A7' notitle, \
  'mnist-static-test-bound.dat' index 35 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 11 pointsize 0.6 linecolor rgb '#CC79A7' notitle, \
  'mnist-static-test-bound.dat' index 36 using 1:2 with lines linewidth 1.8 linecolor rgb '#E69F00' notitle, \
  'mnist-static-test-bound.dat' index 37 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 13 pointsize 0.6 linecolor rgb '#E69F00' notitle, \
  'mnist-static-test-bound.dat' index 38 using 1:2 with lines linewidth 1.8 linecolor rgb '#56B4E9' notitle, \
  'mnist-static-test-bound.dat' index 39 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 6 pointsize 0.6 linecolor rgb '#56B4E9' notitle, \
  'mnist-static-test-bound.dat' index 40 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#0072B2' notitle, \
  'mnist-static-test-bound.dat' index 41 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#009E73' notitle, \
  'mnist-static-test-bound.dat' index 42 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#CC79A7' notitle, \
  'mnist-static-test-bound.dat' index 43 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#E69F00' notitle

set lmargin at screen 0.59767
set rmargin at screen 0.98140
set bmargin at screen 0.20166
set tmargin at screen 0.51105
set title 'mnist-static-nonlinear' noenhanced textcolor rgb '#222222' offset 0,-0.4
set xlabel 'time in training steps (minutes)' noenhanced textcolor rgb '#222222' offset 0,0.3
unset logscale x
set format x '%g'
set xrange [*:*]
set ylabel 'test bound (nats)' noenhanced textcolor rgb '#222222' offset 0.5,0
unset logscale y
set format y '%g'
set yrange [107.80787338366542:134.53439042066398]
plot 'mnist-static-test-bound.dat' index 44 using 1:2 with lines linewidth 1.8 linecolor rgb '#0072B2' notitle, \
  'mnist-static-test-bound.dat' index 45 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 7 pointsize 0.6 linecolor rgb '#0072B2' notitle, \
  'mnist-static-test-bound.dat' index 46 using 1:2 with lines linewidth 1.8 linecolor rgb '#D55E00' notitle, \
  'mnist-static-test-bound.dat' index 47 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 5 pointsize 0.6 linecolor rgb '#D55E00' notitle, \
  'mnist-static-test-bound.dat' index 48 using 1:2 with lines linewidth 1.8 linecolor rgb '#009E73' notitle, \
  'mnist-static-test-bound.dat' index 49 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 9 pointsize 0.6 linecolor rgb '#009E73' notitle, \
  'mnist-static-test-bound.dat' index 50 using 1:2 with lines linewidth 1.8 linecolor rgb '#CC79A7' notitle, \
  'mnist-static-test-bound.dat' index 51 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 11 pointsize 0.6 linecolor rgb '#CC79A7' notitle, \
  'mnist-static-test-bound.dat' index 52 using 1:2 with lines linewidth 1.8 linecolor rgb '#E69F00' notitle, \
  'mnist-static-test-bound.dat' index 53 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 13 pointsize 0.6 linecolor rgb '#E69F00' notitle, \
  'mnist-static-test-bound.dat' index 54 using 1:2 with lines linewidth 1.8 linecolor rgb '#56B4E9' notitle, \
  'mnist-static-test-bound.dat' index 55 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 6 pointsize 0.6 linecolor rgb '#56B4E9' notitle

set lmargin at screen 0
set rmargin at screen 1
set bmargin at screen 0
set tmargin at screen 0.11602
unset title
unset xlabel
unset ylabel
unset logscale
unset border
unset tics
unset grid
set key center center horizontal reverse Left maxcols 3 noenhanced samplen 2 textcolor rgb '#222222'
plot [0:1][0:1] NaN with points pointtype 7 pointsize 0.6 linecolor rgb '#0072B2' title 'arm', \
  NaN with points pointtype 5 pointsize 0.6 linecolor rgb '#D55E00' title 'arms:4', \
  NaN with points pointtype 9 pointsize 0.6 linecolor rgb '#009E73' title 'disarm', \
  NaN with points pointtype 11 pointsize 0.6 linecolor rgb '#CC79A7' title 'loorf:2', \
  NaN with points pointtype 13 pointsize 0.6 linecolor rgb '#E69F00' title 'reinforce', \
  NaN with points pointtype 6 pointsize 0.6 linecolor rgb '#56B4E9' title 'reinforce-ema', \
  NaN with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#777777' title 'independent implementation'

unset multiplot
