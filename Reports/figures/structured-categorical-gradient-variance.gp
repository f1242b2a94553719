# Draw with: gnuplot structured-categorical-gradient-variance.gp
set terminal svg size 860,478 enhanced background '#ffffff' font 'Helvetica,Arial,sans-serif,13' linewidth 1
set output 'structured-categorical-gradient-variance.svg'
set encoding utf8
set multiplot
set style line 100 linecolor rgb '#dddddd' linewidth 0.7
set border 3 linecolor rgb '#444444' linewidth 1
set tics nomirror scale 0.6 textcolor rgb '#222222'
set grid linestyle 100
set style fill solid 0.22 noborder
set key off

set lmargin at screen 0.09767
set rmargin at screen 0.98140
set bmargin at screen 0.29289
set tmargin at screen 0.92887
set title 'sbn-structured-gumbel-categorical' noenhanced textcolor rgb '#222222' offset 0,-0.4
set xlabel 'model trained by' noenhanced textcolor rgb '#222222' offset 0,0.3
unset logscale x
set format x '%g'
set xrange [-0.5:5.5]
set xtics rotate by 12 right noenhanced ('deep-st, rate 0.001' 0, 'deep-st, rate 0.003' 1, 'gumbel:1, rate 0.001' 2, 'gumbel:1, rate 0.003' 3, 'reinforce-ema, rate 0.001' 4, 'reinforce-ema, rate 0.003' 5)
set ylabel 'gradient variance' noenhanced textcolor rgb '#222222' offset 0.5,0
set logscale y
set format y '10^{%T}'
set yrange [1e-08:100000.0]
set ytics norotate autofreq
plot 'structured-categorical-gradient-variance.dat' index 0 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 7 pointsize 0.6 linecolor rgb '#0072B2' notitle, \
  'structured-categorical-gradient-variance.dat' index 1 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 5 pointsize 0.6 linecolor rgb '#D55E00' notitle, \
  'structured-categorical-gradient-variance.dat' index 2 using 1:2:3:4 with yerrorbars linewidth 1.2 pointtype 9 pointsize 0.6 linecolor rgb '#009E73' notitle

set lmargin at screen 0
set rmargin at screen 1
set bmargin at screen 0
set tmargin at screen 0.07531
unset title
unset xlabel
unset ylabel
unset logscale
unset border
unset tics
unset grid
set key center center horizontal reverse Left maxcols 3 noenhanced samplen 2 textcolor rgb '#222222'
plot [0:1][0:1] NaN with points pointtype 7 pointsize 0.6 linecolor rgb '#0072B2' title 'deep-st', \
  NaN with points pointtype 5 pointsize 0.6 linecolor rgb '#D55E00' title 'gumbel:1', \
  NaN with points pointtype 9 pointsize 0.6 linecolor rgb '#009E73' title 'reinforce'

unset multiplot
