# Draw with: gnuplot mnist-static-training.gp
set terminal svg size 860,700 enhanced background '#ffffff' font 'Helvetica,Arial,sans-serif,13' linewidth 1
set output 'mnist-static-training.svg'
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
set bmargin at screen 0.63143
set tmargin at screen 0.95143
set title 'mnist-static-linear' noenhanced textcolor rgb '#222222' offset 0,-0.4
set xlabel 'steps (thousands)' noenhanced textcolor rgb '#222222' offset 0,0.3
unset logscale x
set format x '%g'
set xrange [*:*]
set ylabel 'training negative ELBO (nats)' noenhanced textcolor rgb '#222222' offset 0.5,0
unset logscale y
set format y '%g'
set yrange [129.45553675888067:185.4670454951477]
plot 'mnist-static-training.dat' index 0 using 1:3:4 with filledcurves linecolor rgb '#0072B2' notitle, \
  'mnist-static-training.dat' index 1 using 1:2 with lines linewidth 1.8 linecolor rgb '#0072B2' notitle, \
  'mnist-static-training.dat' index 2 using 1:3:4 with filledcurves linecolor rgb '#D55E00' notitle, \
  'mnist-static-training.dat' index 3 using 1:2 with lines linewidth 1.8 linecolor rgb '#D55E00' notitle, \
  'mnist-static-training.dat' index 4 using 1:3:4 with filledcurves linecolor rgb '#009E73' notitle, \
  'mnist-static-training.dat' index 5 using 1:2 with lines linewidth 1.8 linecolor rgb '#009E73' notitle, \
  'mnist-static-training.dat' index 6 using 1:3:4 with filledcurves linecolor rgb '#CC79A7' notitle, \
  'mnist-static-training.dat' index 7 using 1:2 with lines linewidth 1.8 linecolor rgb '#CC79A7' notitle, \
  'mnist-static-training.dat' index 8 using 1:3:4 with filledcurves linecolor rgb '#E69F00' notitle, \
  'mnist-static-training.dat' index 9 using 1:2 with lines linewidth 1.8 linecolor rgb '#E69F00' notitle, \
  'mnist-static-training.dat' index 10 using 1:3:4 with filledcurves linecolor rgb '#56B4E9' notitle, \
  'mnist-static-training.dat' index 11 using 1:2 with lines linewidth 1.8 linecolor rgb '#56B4E9' notitle

set lmargin at screen 0.59767
set rmargin at screen 0.98140
set bmargin at screen 0.63143
set tmargin at screen 0.95143
set title 'mnist-static-linear' noenhanced textcolor rgb '#222222' offset 0,-0.4
set xlabel 'time in training steps (minutes)' noenhanced textcolor rgb '#222222' offset 0,0.3
unset logscale x
set format x '%g'
set xrange [*:*]
set ylabel 'training negative ELBO (nats)' noenhanced textcolor rgb '#222222' offset 0.5,0
unset logscale y
set format y '%g'
set yrange [129.8631676708985:176.90679634277336]
plot 'mnist-static-training.dat' index 12 using 1:3:4 with filledcurves linecolor rgb '#0072B2' notitle, \
  'mnist-static-training.dat' index 13 using 1:2 with lines linewidth 1.8 linecolor rgb '#0072B2' notitle, \
  'mnist-static-training.dat' index 14 using 1:3:4 with filledcurves linecolor rgb '#D55E00' notitle, \
  'mnist-static-training.dat' index 15 using 1:2 with lines linewidth 1.8 linecolor rgb '#D55E00' notitle, \
  'mnist-static-training.dat' index 16 using 1:3:4 with filledcurves linecolor rgb '#009E73' notitle, \
  'mnist-static-training.dat' index 17 using 1:2 with lines linewidth 1.8 linecolor rgb '#009E73' notitle, \
  'mnist-static-training.dat' index 18 using 1:3:4 with filledcurves linecolor rgb '#CC79A7' notitle, \
  'mnist-static-training.dat' index 19 using 1:2 with lines linewidth 1.8 linecolor rgb '#CC79A7' notitle, \
  'mnist-static-training.dat' index 20 using 1:3:4 with filledcurves linecolor rgb '#E69F00' notitle, \
  'mnist-static-training.dat' index 21 using 1:2 with lines linewidth 1.8 linecolor rgb '#E69F00' notitle, \
  'mnist-static-training.dat' index 22 using 1:3:4 with filledcurves linecolor rgb '#56B4E9' notitle, \
  'mnist-static-training.dat' index 23 using 1:2 with lines linewidth 1.8 linecolor rgb '#56B4E9' notitle

set lmargin at screen 0.09767
set rmargin at screen 0.48140
set bmargin at screen 0.17429
set tmargin at screen 0.49429
set title 'mnist-static-nonlinear' noenhanced textcolor rgb '#222222' offset 0,-0.4
set xlabel 'steps (thousands)' noenhanced textcolor rgb '#222222' offset 0,0.3
unset logscale x
set format x '%g'
set xrange [*:*]
set ylabel 'training negative ELBO (nats)' noenhanced textcolor rgb '#222222' offset 0.5,0
unset logscale y
set format y '%g'
set yrange [116.81390212242127:180.62713159797673]
plot 'mnist-static-training.dat' index 24 using 1:3:4 with filledcurves linecolor rgb '#0072B2' notitle, \
  'mnist-static-training.dat' index 25 using 1:2 with lines linewidth 1.8 linecolor rgb '#0072B2' notitle, \
  'mnist-static-training.dat' index 26 using 1:3:4 with filledcurves linecolor rgb '#D55E00' notitle, \
  'mnist-static-training.dat' index 27 using 1:2 with lines linewidth 1.8 linecolor rgb '#D55E00' notitle, \
  'mnist-static-training.dat' index 28 using 1:3:4 with filledcurves linecolor rgb '#009E73' notitle, \
  'mnist-static-training.dat' index 29 using 1:2 with lines linewidth 1.8 linecolor rgb '#009E73' notitle, \
  'mnist-static-training.dat' index 30 using 1:3:4 with filledcurves linecolor rgb '#CC79A7' notitle, \
  'mnist-static-training.dat' index 31 using 1:2 with lines linewidth 1.8 linecolor rgb '#CC79A7' notitle, \
  'mnist-static-training.dat' index 32 using 1:3:4 with filledcurves linecolor rgb '#E69F00' notitle, \
  'mnist-static-training.dat' index 33 using 1:2 with lines linewidth 1.8 linecolor rgb '#E69F00' notitle, \
  'mnist-static-training.dat' index 34 using 1:3:4 with filledcurves linecolor rgb '#56B4E9' notitle, \
  'mnist-static-training.dat' index 35 using 1:2 with lines linewidth 1.8 linecolor rgb '#56B4E9' notitle

set lmargin at screen 0.59767
set rmargin at screen 0.98140
set bmargin at screen 0.17429
set tmargin at screen 0.49429
set title 'mnist-static-nonlinear' noenhanced textcolor rgb '#222222' offset 0,-0.4
set xlabel 'time in training steps (minutes)' noenhanced textcolor rgb '#222222' offset 0,0.3
unset logscale x
set format x '%g'
set xrange [*:*]
set ylabel 'training negative ELBO (nats)' noenhanced textcolor rgb '#222222' offset 0.5,0
unset logscale y
set format y '%g'
set yrange [118.07691376621247:154.1038870783615]
plot 'mnist-static-training.dat' index 36 using 1:3:4 with filledcurves linecolor rgb '#0072B2' notitle, \
  'mnist-static-training.dat' index 37 using 1:2 with lines linewidth 1.8 linecolor rgb '#0072B2' notitle, \
  'mnist-static-training.dat' index 38 using 1:3:4 with filledcurves linecolor rgb '#D55E00' notitle, \
  'mnist-static-training.dat' index 39 using 1:2 with lines linewidth 1.8 linecolor rgb '#D55E00' notitle, \
  'mnist-static-training.dat' index 40 using 1:3:4 with filledcurves linecolor rgb '#009E73' notitle, \
  'mnist-static-training.dat' index 41 using 1:2 with lines linewidth 1.8 linecolor rgb '#009E73' notitle, \
  'mnist-static-training.dat' index 42 using 1:3:4 with filledcurves linecolor rgb '#CC79A7' notitle, \
  'mnist-static-training.dat' index 43 using 1:2 with lines linewidth 1.8 linecolor rgb '#CC79A7' notitle, \
  'mnist-static-training.dat' index 44 using 1:3:4 with filledcurves linecolor rgb '#E69F00' notitle, \
  'mnist-static-training.dat' index 45 using 1:2 with lines linewidth 1.8 linecolor rgb '#E69F00' notitle, \
  'mnist-static-training.dat' index 46 using 1:3:4 with filledcurves linecolor rgb '#56B4E9' notitle, \
  'mnist-static-training.dat' index 47 using 1:2 with lines linewidth 1.8 linecolor rgb '#56B4E9' notitle

set lmargin at screen 0
set rmargin at screen 1
set bmargin at screen 0
set tmargin at screen 0.08571
unset title
unset xlabel
unset ylabel
unset logscale
unset border
unset tics
unset grid
set key center center horizontal reverse Left maxcols 5 noenhanced samplen 2 textcolor rgb '#222222'
plot [0:1][0:1] NaN with lines linewidth 1.8 linecolor rgb '#0072B2' title 'arm', \
  NaN with lines linewidth 1.8 linecolor rgb '#D55E00' title 'arms:4', \
  NaN with lines linewidth 1.8 linecolor rgb '#009E73' title 'disarm', \
  NaN with lines linewidth 1.8 linecolor rgb '#CC79A7' title 'loorf:2', \
  NaN with lines linewidth 1.8 linecolor rgb '#E69F00' title 'reinforce', \
  NaN with lines linewidth 1.8 linecolor rgb '#56B4E9' title 'reinforce-ema'

unset multiplot
