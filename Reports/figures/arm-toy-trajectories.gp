# Draw with: gnuplot arm-toy-trajectories.gp
set terminal svg size 860,700 enhanced background '#ffffff' font 'Helvetica,Arial,sans-serif,13' linewidth 1
set output 'arm-toy-trajectories.svg'
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
set title 'p0 = 0.49' noenhanced textcolor rgb '#222222' offset 0,-0.4
set xlabel 'step' noenhanced textcolor rgb '#222222' offset 0,0.3
unset logscale x
set format x '%g'
set xrange [*:*]
set ylabel 'p' noenhanced textcolor rgb '#222222' offset 0.5,0
unset logscale y
set format y '%g'
set yrange [0.0:1.0]
plot 'arm-toy-trajectories.dat' index 0 using 1:2 with lines linewidth 1.8 linecolor rgb '#56B4E9' notitle, \
  'arm-toy-trajectories.dat' index 1 using 1:2 with lines linewidth 1.8 linecolor rgb '#E69F00' notitle, \
  'arm-toy-trajectories.dat' index 2 using 1:2 with lines linewidth 1.8 linecolor rgb '#CC79A7' notitle, \
  'arm-toy-trajectories.dat' index 3 using 1:2 with lines linewidth 1.8 linecolor rgb '#009E73' notitle, \
  'arm-toy-trajectories.dat' index 4 using 1:2 with lines linewidth 1.8 linecolor rgb '#D55E00' notitle, \
  'arm-toy-trajectories.dat' index 5 using 1:2 with lines linewidth 1.8 linecolor rgb '#0072B2' notitle, \
  'arm-toy-trajectories.dat' index 6 using 1:2 with lines linewidth 1.6 dashtype 2 linecolor rgb '#000000' notitle

set lmargin at screen 0.59767
set rmargin at screen 0.98140
set bmargin at screen 0.63143
set tmargin at screen 0.95143
set title 'p0 = 0.499' noenhanced textcolor rgb '#222222' offset 0,-0.4
set xlabel 'step' noenhanced textcolor rgb '#222222' offset 0,0.3
unset logscale x
set format x '%g'
set xrange [*:*]
set ylabel 'p' noenhanced textcolor rgb '#222222' offset 0.5,0
unset logscale y
set format y '%g'
set yrange [0.0:1.0]
plot 'arm-toy-trajectories.dat' index 7 using 1:2 with lines linewidth 1.8 linecolor rgb '#56B4E9' notitle, \
  'arm-toy-trajectories.dat' index 8 using 1:2 with lines linewidth 1.8 linecolor rgb '#E69F00' notitle, \
  'arm-toy-trajectories.dat' index 9 using 1:2 with lines linewidth 1.8 linecolor rgb '#CC79A7' notitle, \
  'arm-toy-trajectories.dat' index 10 using 1:2 with lines linewidth 1.8 linecolor rgb '#009E73' notitle, \
  'arm-toy-trajectories.dat' index 11 using 1:2 with lines linewidth 1.8 linecolor rgb '#D55E00' notitle, \
  'arm-toy-trajectories.dat' index 12 using 1:2 with lines linewidth 1.8 linecolor rgb '#0072B2' notitle, \
  'arm-toy-trajectories.dat' index 13 using 1:2 with lines linewidth 1.6 dashtype 2 linecolor rgb '#000000' notitle

set lmargin at screen 0.09767
set rmargin at screen 0.48140
set bmargin at screen 0.17429
set tmargin at screen 0.49429
set title 'p0 = 0.501' noenhanced textcolor rgb '#222222' offset 0,-0.4
set xlabel 'step' noenhanced textcolor rgb '#222222' offset 0,0.3
unset logscale x
set format x '%g'
set xrange [*:*]
set ylabel 'p' noenhanced textcolor rgb '#222222' offset 0.5,0
unset logscale y
set format y '%g'
set yrange [0.0:1.0]
plot 'arm-toy-trajectories.dat' index 14 using 1:2 with lines linewidth 1.8 linecolor rgb '#56B4E9' notitle, \
  'arm-toy-trajectories.dat' index 15 using 1:2 with lines linewidth 1.8 linecolor rgb '#E69F00' notitle, \
  'arm-toy-trajectories.dat' index 16 using 1:2 with lines linewidth 1.8 linecolor rgb '#CC79A7' notitle, \
  'arm-toy-trajectories.dat' index 17 using 1:2 with lines linewidth 1.8 linecolor rgb '#009E73' notitle, \
  'arm-toy-trajectories.dat' index 18 using 1:2 with lines linewidth 1.8 linecolor rgb '#D55E00' notitle, \
  'arm-toy-trajectories.dat' index 19 using 1:2 with lines linewidth 1.8 linecolor rgb '#0072B2' notitle, \
  'arm-toy-trajectories.dat' index 20 using 1:2 with lines linewidth 1.6 dashtype 2 linecolor rgb '#000000' notitle

set lmargin at screen 0.59767
set rmargin at screen 0.98140
set bmargin at screen 0.17429
set tmargin at screen 0.49429
set title 'p0 = 0.51' noenhanced textcolor rgb '#222222' offset 0,-0.4
set xlabel 'step' noenhanced textcolor rgb '#222222' offset 0,0.3
unset logscale x
set format x '%g'
set xrange [*:*]
set ylabel 'p' noenhanced textcolor rgb '#222222' offset 0.5,0
unset logscale y
set format y '%g'
set yrange [0.0:1.0]
plot 'arm-toy-trajectories.dat' index 21 using 1:2 with lines linewidth 1.8 linecolor rgb '#56B4E9' notitle, \
  'arm-toy-trajectories.dat' index 22 using 1:2 with lines linewidth 1.8 linecolor rgb '#E69F00' notitle, \
  'arm-toy-trajectories.dat' index 23 using 1:2 with lines linewidth 1.8 linecolor rgb '#CC79A7' notitle, \
  'arm-toy-trajectories.dat' index 24 using 1:2 with lines linewidth 1.8 linecolor rgb '#009E73' notitle, \
  'arm-toy-trajectories.dat' index 25 using 1:2 with lines linewidth 1.8 linecolor rgb '#D55E00' notitle, \
  'arm-toy-trajectories.dat' index 26 using 1:2 with lines linewidth 1.8 linecolor rgb '#0072B2' notitle, \
  'arm-toy-trajectories.dat' index 27 using 1:2 with lines linewidth 1.6 dashtype 2 linecolor rgb '#000000' notitle

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
plot [0:1][0:1] NaN with lines linewidth 1.8 linecolor rgb '#56B4E9' title 'arms:4', \
  NaN with lines linewidth 1.8 linecolor rgb '#E69F00' title 'loorf:2', \
  NaN with lines linewidth 1.8 linecolor rgb '#CC79A7' title 'disarm', \
  NaN with lines linewidth 1.8 linecolor rgb '#009E73' title 'arm', \
  NaN with lines linewidth 1.8 linecolor rgb '#D55E00' title 'ar', \
  NaN with lines linewidth 1.8 linecolor rgb '#0072B2' title 'reinforce', \
  NaN with lines linewidth 1.6 dashtype 2 linecolor rgb '#000000' title 'exact gradient'

unset multiplot
