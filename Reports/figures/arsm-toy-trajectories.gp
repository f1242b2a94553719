# Draw with: gnuplot arsm-toy-trajectories.gp
set terminal svg size 860,460 enhanced background '#ffffff' font 'Helvetica,Arial,sans-serif,13' linewidth 1
set output 'arsm-toy-trajectories.svg'
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
set bmargin at screen 0.26522
set tmargin at screen 0.92609
set title 'one trajectory each' noenhanced textcolor rgb '#222222' offset 0,-0.4
set xlabel 'step' noenhanced textcolor rgb '#222222' offset 0,0.3
unset logscale x
set format x '%g'
set xrange [*:*]
set ylabel 'E[f]' noenhanced textcolor rgb '#222222' offset 0.5,0
unset logscale y
set format y '%g'
set yrange [*:*]
plot 'arsm-toy-trajectories.dat' index 0 using 1:2 with lines linewidth 1.8 linecolor rgb '#56B4E9' notitle, \
  'arsm-toy-trajectories.dat' index 1 using 1:2 with lines linewidth 1.8 linecolor rgb '#E69F00' notitle, \
  'arsm-toy-trajectories.dat' index 2 using 1:2 with lines linewidth 1.8 linecolor rgb '#CC79A7' notitle, \
  'arsm-toy-trajectories.dat' index 3 using 1:2 with lines linewidth 1.8 linecolor rgb '#009E73' notitle, \
  'arsm-toy-trajectories.dat' index 4 using 1:2 with lines linewidth 1.8 linecolor rgb '#D55E00' notitle, \
  'arsm-toy-trajectories.dat' index 5 using 1:2 with lines linewidth 1.8 linecolor rgb '#0072B2' notitle, \
  'arsm-toy-trajectories.dat' index 6 using 1:2 with lines linewidth 1.6 dashtype 2 linecolor rgb '#000000' notitle

set lmargin at screen 0
set rmargin at screen 1
set bmargin at screen 0
set tmargin at screen 0.13043
unset title
unset xlabel
unset ylabel
unset logscale
unset border
unset tics
unset grid
set key center center horizontal reverse Left maxcols 5 noenhanced samplen 2 textcolor rgb '#222222'
plot [0:1][0:1] NaN with lines linewidth 1.8 linecolor rgb '#56B4E9' title 'carms-i:4', \
  NaN with lines linewidth 1.8 linecolor rgb '#E69F00' title 'loorf:2', \
  NaN with lines linewidth 1.8 linecolor rgb '#CC79A7' title 'arsm', \
  NaN with lines linewidth 1.8 linecolor rgb '#009E73' title 'ars', \
  NaN with lines linewidth 1.8 linecolor rgb '#D55E00' title 'gumbel:0.2', \
  NaN with lines linewidth 1.8 linecolor rgb '#0072B2' title 'reinforce', \
  NaN with lines linewidth 1.6 dashtype 2 linecolor rgb '#000000' title 'exact gradient'

unset multiplot
