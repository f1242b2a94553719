# Draw with: gnuplot structured-categorical-training.gp
set terminal svg size 860,380 enhanced background '#ffffff' font 'Helvetica,Arial,sans-serif,13' linewidth 1
set output 'structured-categorical-training.svg'
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
set bmargin at screen 0.32105
set tmargin at screen 0.91053
set title 'sbn-structured-gumbel-categorical' noenhanced textcolor rgb '#222222' offset 0,-0.4
set xlabel 'steps (thousands)' noenhanced textcolor rgb '#222222' offset 0,0.3
unset logscale x
set format x '%g'
set xrange [*:*]
set ylabel 'training negative ELBO (nats)' noenhanced textcolor rgb '#222222' offset 0.5,0
unset logscale y
set format y '%g'
set yrange [78.73211836923403:113.55122896005817]
plot 'structured-categorical-training.dat' index 0 using 1:3:4 with filledcurves linecolor rgb '#0072B2' notitle, \
  'structured-categorical-training.dat' index 1 using 1:2 with lines linewidth 1.8 linecolor rgb '#0072B2' notitle, \
  'structured-categorical-training.dat' index 2 using 1:3:4 with filledcurves linecolor rgb '#D55E00' notitle, \
  'structured-categorical-training.dat' index 3 using 1:2 with lines linewidth 1.8 linecolor rgb '#D55E00' notitle, \
  'structured-categorical-training.dat' index 4 using 1:3:4 with filledcurves linecolor rgb '#009E73' notitle, \
  'structured-categorical-training.dat' index 5 using 1:2 with lines linewidth 1.8 linecolor rgb '#009E73' notitle, \
  'structured-categorical-training.dat' index 6 using 1:3:4 with filledcurves linecolor rgb '#CC79A7' notitle, \
  'structured-categorical-training.dat' index 7 using 1:2 with lines linewidth 1.8 linecolor rgb '#CC79A7' notitle, \
  'structured-categorical-training.dat' index 8 using 1:3:4 with filledcurves linecolor rgb '#E69F00' notitle, \
  'structured-categorical-training.dat' index 9 using 1:2 with lines linewidth 1.8 linecolor rgb '#E69F00' notitle, \
  'structured-categorical-training.dat' index 10 using 1:3:4 with filledcurves linecolor rgb '#56B4E9' notitle, \
  'structured-categorical-training.dat' index 11 using 1:2 with lines linewidth 1.8 linecolor rgb '#56B4E9' notitle

set lmargin at screen 0.59767
set rmargin at screen 0.98140
set bmargin at screen 0.32105
set tmargin at screen 0.91053
set title 'sbn-structured-gumbel-categorical' noenhanced textcolor rgb '#222222' offset 0,-0.4
set xlabel 'time in training steps (minutes)' noenhanced textcolor rgb '#222222' offset 0,0.3
unset logscale x
set format x '%g'
set xrange [*:*]
set ylabel 'training negative ELBO (nats)' noenhanced textcolor rgb '#222222' offset 0.5,0
unset logscale y
set format y '%g'
set yrange [78.80343209766573:112.05364066299245]
plot 'structured-categorical-training.dat' index 12 using 1:3:4 with filledcurves linecolor rgb '#0072B2' notitle, \
  'structured-categorical-training.dat' index 13 using 1:2 with lines linewidth 1.8 linecolor rgb '#0072B2' notitle, \
  'structured-categorical-training.dat' index 14 using 1:3:4 with filledcurves linecolor rgb '#D55E00' notitle, \
  'structured-categorical-training.dat' index 15 using 1:2 with lines linewidth 1.8 linecolor rgb '#D55E00' notitle, \
  'structured-categorical-training.dat' index 16 using 1:3:4 with filledcurves linecolor rgb '#009E73' notitle, \
  'structured-categorical-training.dat' index 17 using 1:2 with lines linewidth 1.8 linecolor rgb '#009E73' notitle, \
  'structured-categorical-training.dat' index 18 using 1:3:4 with filledcurves linecolor rgb '#CC79A7' notitle, \
  'structured-categorical-training.dat' index 19 using 1:2 with lines linewidth 1.8 linecolor rgb '#CC79A7' notitle, \
  'structured-categorical-training.dat' index 20 using 1:3:4 with filledcurves linecolor rgb '#E69F00' notitle, \
  'structured-categorical-training.dat' index 21 using 1:2 with lines linewidth 1.8 linecolor rgb '#E69F00' notitle, \
  'structured-categorical-training.dat' index 22 using 1:3:4 with filledcurves linecolor rgb '#56B4E9' notitle, \
  'structured-categorical-training.dat' index 23 using 1:2 with lines linewidth 1.8 linecolor rgb '#56B4E9' notitle

set lmargin at screen 0
set rmargin at screen 1
set bmargin at screen 0
set tmargin at screen 0.15789
unset title
unset xlabel
unset ylabel
unset logscale
unset border
unset tics
unset grid
set key center center horizontal reverse Left maxcols 3 noenhanced samplen 2 textcolor rgb '#222222'
plot [0:1][0:1] NaN with lines linewidth 1.8 linecolor rgb '#0072B2' title 'deep-st, rate 0.001', \
  NaN with lines linewidth 1.8 linecolor rgb '#D55E00' title 'deep-st, rate 0.003', \
  NaN with lines linewidth 1.8 linecolor rgb '#009E73' title 'gumbel:1, rate 0.001', \
  NaN with lines linewidth 1.8 linecolor rgb '#CC79A7' title 'gumbel:1, rate 0.003', \
  NaN with lines linewidth 1.8 linecolor rgb '#E69F00' title 'reinforce-ema, rate 0.001', \
  NaN with lines linewidth 1.8 linecolor rgb '#56B4E9' title 'reinforce-ema, rate 0.003'

unset multiplot
