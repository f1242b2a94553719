# Draw with: gnuplot psa-accuracy-rmse.gp
set terminal svg size 860,700 enhanced background '#ffffff' font 'Helvetica,Arial,sans-serif,13' linewidth 1
set output 'psa-accuracy-rmse.svg'
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
set title 'layer 0' noenhanced textcolor rgb '#222222' offset 0,-0.4
set xlabel 'samples M in a mean' noenhanced textcolor rgb '#222222' offset 0,0.3
set logscale x
set format x '10^{%T}'
set xrange [1.0:10000.0]
set ylabel 'relative RMSE' noenhanced textcolor rgb '#222222' offset 0.5,0
set logscale y
set format y '10^{%T}'
set yrange [*:*]
plot 'psa-accuracy-rmse.dat' index 0 using 1:2 with lines linewidth 1.8 linecolor rgb '#0072B2' notitle, \
  'psa-accuracy-rmse.dat' index 1 using 1:2 with lines linewidth 1.8 linecolor rgb '#D55E00' notitle, \
  'psa-accuracy-rmse.dat' index 2 using 1:2 with lines linewidth 1.8 linecolor rgb '#009E73' notitle, \
  'psa-accuracy-rmse.dat' index 3 using 1:2 with lines linewidth 1.8 linecolor rgb '#CC79A7' notitle, \
  'psa-accuracy-rmse.dat' index 4 using 1:2 with lines linewidth 1.8 linecolor rgb '#E69F00' notitle, \
  'psa-accuracy-rmse.dat' index 5 using 1:2 with lines linewidth 1.8 linecolor rgb '#56B4E9' notitle, \
  'psa-accuracy-rmse.dat' index 6 using 1:2 with lines linewidth 1.8 linecolor rgb '#000000' notitle, \
  'psa-accuracy-rmse.dat' index 7 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#0072B2' notitle, \
  'psa-accuracy-rmse.dat' index 8 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#D55E00' notitle, \
  'psa-accuracy-rmse.dat' index 9 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#009E73' notitle, \
  'psa-accuracy-rmse.dat' index 10 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#CC79A7' notitle, \
  'psa-accuracy-rmse.dat' index 11 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#E69F00' notitle, \
  'psa-accuracy-rmse.dat' index 12 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#56B4E9' notitle, \
  'psa-accuracy-rmse.dat' index 13 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#000000' notitle

set lmargin at screen 0.59767
set rmargin at screen 0.98140
set bmargin at screen 0.63143
set tmargin at screen 0.95143
set title 'layer 1' noenhanced textcolor rgb '#222222' offset 0,-0.4
set xlabel 'samples M in a mean' noenhanced textcolor rgb '#222222' offset 0,0.3
set logscale x
set format x '10^{%T}'
set xrange [1.0:10000.0]
set ylabel 'relative RMSE' noenhanced textcolor rgb '#222222' offset 0.5,0
set logscale y
set format y '10^{%T}'
set yrange [*:*]
plot 'psa-accuracy-rmse.dat' index 14 using 1:2 with lines linewidth 1.8 linecolor rgb '#0072B2' notitle, \
  'psa-accuracy-rmse.dat' index 15 using 1:2 with lines linewidth 1.8 linecolor rgb '#D55E00' notitle, \
  'psa-accuracy-rmse.dat' index 16 using 1:2 with lines linewidth 1.8 linecolor rgb '#009E73' notitle, \
  'psa-accuracy-rmse.dat' index 17 using 1:2 with lines linewidth 1.8 linecolor rgb '#CC79A7' notitle, \
  'psa-accuracy-rmse.dat' index 18 using 1:2 with lines linewidth 1.8 linecolor rgb '#E69F00' notitle, \
  'psa-accuracy-rmse.dat' index 19 using 1:2 with lines linewidth 1.8 linecolor rgb '#56B4E9' notitle, \
  'psa-accuracy-rmse.dat' index 20 using 1:2 with lines linewidth 1.8 linecolor rgb '#000000' notitle, \
  'psa-accuracy-rmse.dat' index 21 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#0072B2' notitle, \
  'psa-accuracy-rmse.dat' index 22 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#D55E00' notitle, \
  'psa-accuracy-rmse.dat' index 23 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#009E73' notitle, \
  'psa-accuracy-rmse.dat' index 24 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#CC79A7' notitle, \
  'psa-accuracy-rmse.dat' index 25 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#E69F00' notitle, \
  'psa-accuracy-rmse.dat' index 26 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#56B4E9' notitle, \
  'psa-accuracy-rmse.dat' index 27 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#000000' notitle

set lmargin at screen 0.09767
set rmargin at screen 0.48140
set bmargin at screen 0.17429
set tmargin at screen 0.49429
set title 'layer 2' noenhanced textcolor rgb '#222222' offset 0,-0.4
set xlabel 'samples M in a mean' noenhanced textcolor rgb '#222222' offset 0,0.3
set logscale x
set format x '10^{%T}'
set xrange [1.0:10000.0]
set ylabel 'relative RMSE' noenhanced textcolor rgb '#222222' offset 0.5,0
set logscale y
set format y '10^{%T}'
set yrange [*:*]
plot 'psa-accuracy-rmse.dat' index 28 using 1:2 with lines linewidth 1.8 linecolor rgb '#0072B2' notitle, \
  'psa-accuracy-rmse.dat' index 29 using 1:2 with lines linewidth 1.8 linecolor rgb '#D55E00' notitle, \
  'psa-accuracy-rmse.dat' index 30 using 1:2 with lines linewidth 1.8 linecolor rgb '#009E73' notitle, \
  'psa-accuracy-rmse.dat' index 31 using 1:2 with lines linewidth 1.8 linecolor rgb '#CC79A7' notitle, \
  'psa-accuracy-rmse.dat' index 32 using 1:2 with lines linewidth 1.8 linecolor rgb '#E69F00' notitle, \
  'psa-accuracy-rmse.dat' index 33 using 1:2 with lines linewidth 1.8 linecolor rgb '#56B4E9' notitle, \
  'psa-accuracy-rmse.dat' index 34 using 1:2 with lines linewidth 1.8 linecolor rgb '#000000' notitle, \
  'psa-accuracy-rmse.dat' index 35 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#0072B2' notitle, \
  'psa-accuracy-rmse.dat' index 36 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#D55E00' notitle, \
  'psa-accuracy-rmse.dat' index 37 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#009E73' notitle, \
  'psa-accuracy-rmse.dat' index 38 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#CC79A7' notitle, \
  'psa-accuracy-rmse.dat' index 39 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#E69F00' notitle, \
  'psa-accuracy-rmse.dat' index 40 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#56B4E9' notitle, \
  'psa-accuracy-rmse.dat' index 41 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#000000' notitle

set lmargin at screen 0.59767
set rmargin at screen 0.98140
set bmargin at screen 0.17429
set tmargin at screen 0.49429
set title 'layer 3 (output)' noenhanced textcolor rgb '#222222' offset 0,-0.4
set xlabel 'samples M in a mean' noenhanced textcolor rgb '#222222' offset 0,0.3
set logscale x
set format x '10^{%T}'
set xrange [1.0:10000.0]
set ylabel 'relative RMSE' noenhanced textcolor rgb '#222222' offset 0.5,0
set logscale y
set format y '10^{%T}'
set yrange [*:*]
plot 'psa-accuracy-rmse.dat' index 42 using 1:2 with lines linewidth 1.8 linecolor rgb '#0072B2' notitle, \
  'psa-accuracy-rmse.dat' index 43 using 1:2 with lines linewidth 1.8 linecolor rgb '#D55E00' notitle, \
  'psa-accuracy-rmse.dat' index 44 using 1:2 with lines linewidth 1.8 linecolor rgb '#009E73' notitle, \
  'psa-accuracy-rmse.dat' index 45 using 1:2 with lines linewidth 1.8 linecolor rgb '#CC79A7' notitle, \
  'psa-accuracy-rmse.dat' index 46 using 1:2 with lines linewidth 1.8 linecolor rgb '#E69F00' notitle, \
  'psa-accuracy-rmse.dat' index 47 using 1:2 with lines linewidth 1.8 linecolor rgb '#56B4E9' notitle, \
  'psa-accuracy-rmse.dat' index 48 using 1:2 with lines linewidth 1.8 linecolor rgb '#000000' notitle, \
  'psa-accuracy-rmse.dat' index 49 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#0072B2' notitle, \
  'psa-accuracy-rmse.dat' index 50 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#D55E00' notitle, \
  'psa-accuracy-rmse.dat' index 51 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#009E73' notitle, \
  'psa-accuracy-rmse.dat' index 52 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#CC79A7' notitle, \
  'psa-accuracy-rmse.dat' index 53 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#E69F00' notitle, \
  'psa-accuracy-rmse.dat' index 54 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#56B4E9' notitle, \
  'psa-accuracy-rmse.dat' index 55 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#000000' notitle

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
set key center center horizontal reverse Left maxcols 6 noenhanced samplen 2 textcolor rgb '#222222'
plot [0:1][0:1] NaN with lines linewidth 1.8 linecolor rgb '#0072B2' title 'reinforce', \
  NaN with lines linewidth 1.8 linecolor rgb '#D55E00' title 'arm', \
  NaN with lines linewidth 1.8 linecolor rgb '#009E73' title 'gumbel:0.1', \
  NaN with lines linewidth 1.8 linecolor rgb '#CC79A7' title 'gumbel:1', \
  NaN with lines linewidth 1.8 linecolor rgb '#E69F00' title 'tanh', \
  NaN with lines linewidth 1.8 linecolor rgb '#56B4E9' title 'deep-st', \
  NaN with lines linewidth 1.8 linecolor rgb '#000000' title 'psa'

unset multiplot
